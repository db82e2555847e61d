// Builds the pages that the gateway serves itself: every script, worker, font and picture ends up in dist/, compressed too.

import { defineConfig } from "vite";
import { compression, defineAlgorithm } from "vite-plugin-compression2";

const BROTLI_PARAM_QUALITY = 1; // of node:zlib
const brotli = defineAlgorithm("brotliCompress", { params: { [BROTLI_PARAM_QUALITY]: 9 } }); // 11 takes six times as long

export default defineConfig({
  plugins: [compression({ include: /\.(js|css|svg)$/, algorithms: [brotli, "gzip"] })],
  build: {
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000, // Monaco is one editor and one chunk
    rolldownOptions: {
      input: ["index.html", ...["sign-in", "sign-up", "reset", "invitation"].map((name) => `account/${name}.html`)],
      onwarn(warning, warn) {
        if (warning.code !== "MODULE_LEVEL_DIRECTIVE") warn(warning); // "use client" means nothing outside a server
      },
    },
  },
  worker: { format: "es" },
});
