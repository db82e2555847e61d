// Builds the script that host pages load, and the chunks that it imports. Chunks have a hash of their content in their names.

import { defineConfig } from "rolldown";

const indentation = {
  name: "indentation", // of templates, styles and documents; the minifier leaves it in
  transform: (code, id) => (id.includes("/src/") && id.endsWith(".ts") ? code.replace(/\n\s+/g, "\n") : null),
};

const isElement = ({ facadeModuleId: id }) => Boolean(id?.includes("/elements/"));

// One file for all elements, rather than one for each set of elements that share a module.
const SHARED = [
  /kit\/src\/(appearance|claims|core|connection|element|live|session|words)\.ts$/,
  /typescript\/dist\/(client|documents|errors|hidden|index|tokens|user-errors)\.js$/,
  /node_modules\/(@lit\/|lit)(?!.*directive)/, // only lists need directives
];
const isShared = (id) => SHARED.some((pattern) => pattern.test(id));

const served = {
  input: { kit: "src/loader.ts", frame: "src/frame.ts", "frame-host": "src/frame-host.ts" },
  platform: "browser",
  tsconfig: "tsconfig.json",
  transform: { target: "es2022" },
  plugins: [indentation],
  preserveEntrySignatures: "strict",
  output: {
    dir: "dist",
    format: "esm",
    minify: true,
    comments: false,
    entryFileNames: "[name].js",
    chunkFileNames: (chunk) => `${isElement(chunk) ? "crossgate-" : ""}[name]-[hash].js`,
    codeSplitting: { groups: [{ name: "core", test: isShared }] },
  },
};

/** For apps that have React and a bundler. */
const react = {
  input: { react: "src/react.ts" },
  platform: "browser",
  tsconfig: "tsconfig.json",
  external: ["react"],
  output: { dir: "dist/react", format: "esm", entryFileNames: "[name].js" },
};

export default defineConfig([served, react]);
