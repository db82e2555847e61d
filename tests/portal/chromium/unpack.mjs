// Unpacks the browser, its shared libraries and its fonts. The package puts them where TMPDIR points.

import { fileURLToPath } from "node:url";

import { inflate } from "@sparticuz/chromium";

const packed = new URL("../bin/", import.meta.resolve("@sparticuz/chromium"));

for (const archive of ["chromium.br", "al2023.tar.br", "fonts.tar.br", "swiftshader.tar.br"])
  await inflate(fileURLToPath(new URL(archive, packed)));
