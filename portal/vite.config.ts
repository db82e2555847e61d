// Builds the pages that the gateway serves itself: every script, worker, font and picture ends up in dist/.

import { defineConfig } from "vite";

export default defineConfig({
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
