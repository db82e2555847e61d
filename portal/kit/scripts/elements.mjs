// Writes dist/custom-elements.json, which editors read: the tags with their attributes, events, parts and custom properties.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const SRC = new URL("../src/", import.meta.url);
const EVENTS = [
  ["cg-change", "The viewer has changed something. `detail` has the type, the id and the action."],
  ["cg-error", "A request failed. `detail` has the code, and whether trying again can help."],
];

const read = (name) => readFileSync(new URL(name, SRC), "utf8");
const all = (text, pattern) => Array.from(text.matchAll(pattern), ([, found]) => found);
const named = (names) => [...new Set(names)].sort().map((name) => ({ name }));
const partsOf = (text) => all(text, /part="([^"]+)"/g).flatMap((names) => names.split(" "));
const attributesOf = (text) => all(text, /attribute: "([^"]+)"/g);

const shared = { CrossgateElement: read("element.ts"), CrossgateList: read("element.ts") + read("list.ts") };
const parts = ["form.ts", "appearance-form.ts"]; // of elements that import them
const cssProperties = named(all(read("styles.ts"), /var\((--cg-[\w-]+)/g));

function declarationOf(file) {
  const text = read(`elements/${file}`);
  const [, name, base] = /export class (\w+) extends (\w+)/.exec(text);
  const imported = parts.filter((part) => text.includes(`"../${part.replace(".ts", ".js")}"`)).map(read);
  const whole = text + shared[base] + imported.join("");
  return {
    kind: "class",
    name,
    customElement: true,
    tagName: /customElements\.define\("([^"]+)"/.exec(text)[1],
    description: /^\/\/ <[\w-]+>: (.*)/.exec(text)[1],
    attributes: named(attributesOf(text + shared[base])),
    events: EVENTS.map(([event, description]) => ({ name: event, description, type: { text: "CustomEvent" } })),
    cssParts: named(partsOf(whole)),
    cssProperties,
  };
}

const declarations = readdirSync(new URL("elements/", SRC)).sort().map(declarationOf);
const exports = declarations.map(({ name, tagName }) => ({ kind: "custom-element-definition", name: tagName, declaration: { name } }));
const manifest = { schemaVersion: "1.0.0", modules: [{ kind: "javascript-module", path: "dist/kit.js", declarations, exports }] };
writeFileSync(new URL("../dist/custom-elements.json", import.meta.url), `${JSON.stringify(manifest, null, 2)}\n`);
