"""The npm package of the kit: it installs into an app without any other package, and its types are complete."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.kit.host import KIT
from tests.node import ToolFailed, run

APP: Final = """
import { connect, type ConnectOptions } from "@crossgate/kit";
import { connectFrame } from "@crossgate/kit/frame";

const options: ConnectOptions = {
  endpoint: "https://gateway.example/graphql",
  fetchToken: async () => "token",
  appearance: { accent: "#0a6b4f" },
};
void connect(options).update({ locale: "de-CH" });
connectFrame(document.querySelector("iframe")!, { fetchToken: options.fetchToken }).update({ locale: "de-CH" });
"""
MISTAKE: Final = 'import { connect } from "@crossgate/kit";\nconnect({ endpoint: 1, fetchToken: async () => "token" });\n'
COMPILE: Final = ("--strict", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")


def compile_app(directory: Path, source: str) -> None:
    """Compile a source of an app. Raises ToolFailed."""
    (directory / "app.ts").write_text(source)
    compiler = KIT.parent / "node_modules" / "typescript" / "bin" / "tsc"
    run(directory, "node", str(compiler), *COMPILE, "app.ts")


def test_package_installs_alone_with_its_types(tmp_path: Path) -> None:
    """Without a registry, an empty app gets the package and compiles against its types. A wrong option is a type error."""
    run(KIT.parent, "npm", "pack", "--pack-destination", str(tmp_path))
    (tarball,) = tmp_path.glob("crossgate-kit-*.tgz")
    (tmp_path / "package.json").write_text('{"name": "app", "private": true, "type": "module"}')
    run(tmp_path, "npm", "install", "--offline", "--no-audit", "--no-fund", f"./{tarball.name}")

    assert ["@crossgate"] == [path.name for path in (tmp_path / "node_modules").iterdir() if not path.name.startswith(".")]
    compile_app(tmp_path, APP)
    with pytest.raises(ToolFailed, match="not assignable"):
        compile_app(tmp_path, MISTAKE)
