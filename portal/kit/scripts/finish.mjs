// After the build: writes dist/manifest.json with the integrity of each file, and fails if a page would load too much.

import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const DIST = new URL("../dist/", import.meta.url);
const LIMITS = { loader: 2_000, frame: 2_000, "frame-host": 1_000, core: 12_000, element: 8_000 }; // bytes, compressed
const ENTRIES = ["kit.js", "frame.js", "frame-host.js"];
const SHARED = ["kit", "core"];

const text = (name) => readFileSync(new URL(name, DIST), "utf8");
const size = (name) => gzipSync(text(name), { level: 9 }).length;
const stem = (name) => name.replace(/(-[\w-]{8})?\.js$/, "");

/** The files that a file needs before it runs. */
function needs(name, found = new Set([name])) {
  for (const [, other] of text(name).matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g)) {
    if (!found.has(other)) needs(other, found.add(other));
  }
  return found;
}

/** The files that a file imports only once they're needed. */
const later = (name) => Array.from(text(name).matchAll(/import\(\s*["`]\.\/([^"`]+)["`]\s*\)/g), ([, other]) => other);

copyFileSync(new URL("../src/frame.css", import.meta.url), new URL("frame.css", DIST));

const names = readdirSync(DIST).filter((name) => name.endsWith(".js"));
const reached = new Set(ENTRIES);
for (const name of reached) for (const other of [...needs(name), ...later(name)]) reached.add(other);
for (const name of names) if (!reached.has(name)) rmSync(new URL(name, DIST)); // from an earlier build

const isElement = (name) => /^crossgate-/.test(stem(name));
const tags = Array.from(reached).filter(isElement);
const own = (name) => [...needs(name)].filter((other) => !SHARED.includes(stem(other)));
const sum = (files) => files.map(size).reduce((all, each) => all + each, 0);

const sizes = {
  loader: sum(["kit.js"]),
  frame: sum(["frame.js"]),
  "frame-host": sum(["frame-host.js"]),
  core: sum([...needs([...reached].find((name) => stem(name) === "core"))].filter((name) => stem(name) !== "kit")),
  ...Object.fromEntries(tags.map((name) => [stem(name), sum(own(name))])),
};

const files = Object.fromEntries(
  [...reached].sort().map((name) => [name, { integrity: `sha384-${createHash("sha384").update(text(name)).digest("base64")}`, bytes: size(name) }]),
);
writeFileSync(new URL("manifest.json", DIST), `${JSON.stringify({ entry: "kit.js", files, sizes }, null, 2)}\n`);

const tooLarge = Object.entries(sizes).filter(([name, bytes]) => bytes >= (LIMITS[name] ?? LIMITS.element));
for (const [name, bytes] of Object.entries(sizes)) console.log(`${name}: ${bytes} bytes compressed`);
if (tooLarge.length) {
  rmSync(new URL("manifest.json", DIST));
  console.error(`Too large: ${tooLarge.map(([name]) => name).join(", ")}.`);
  process.exit(1);
}
