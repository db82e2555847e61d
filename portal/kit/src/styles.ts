// The looks of all elements. Every value that a host may want to change is a custom property; docs/api/portal-kit.md lists them.

import { css } from "./core.js";

export const looks = css`
  :host {
    display: block;
    color-scheme: var(--cg-color-scheme, inherit);
    min-block-size: var(--cg-min-height, 40rem);
    --accent: var(--cg-accent, light-dark(#0b5cad, #7ab8ff));
    --text: var(--cg-text, light-dark(#1b1f24, #e8eaed));
    --muted: var(--cg-text-muted, light-dark(#525a64, #aab2bd));
    --border: var(--cg-border, light-dark(#c3c9d1, #4a525d));
    --danger: var(--cg-danger, light-dark(#b3261e, #ffb4ab));
    --gap: calc(var(--cg-space, 0.5rem) * var(--cg-density, 1));
    --focus: var(--cg-focus, var(--accent));
    color: var(--text);
    font-family: var(--cg-font, inherit);
    font-size: var(--cg-font-size, 1rem);
    font-weight: var(--cg-font-weight, 400);
    line-height: var(--cg-line-height, 1.5);
  }
  :host([hidden]) { display: none; }
  *, *::before { box-sizing: border-box; }
  .root {
    background: var(--cg-background, transparent);
    padding: var(--cg-padding, 0);
    max-inline-size: var(--cg-max-width, none);
    overflow-wrap: anywhere;
  }
  p, h2, h3, ul, dl, dd, fieldset { margin: 0; padding: 0; }
  ul { list-style: none; display: grid; gap: var(--cg-gap, calc(var(--gap) * 2)); }
  .root, form { display: grid; gap: calc(var(--gap) * 2); grid-template-columns: minmax(0, 1fr); }
  h2, h3 { font-family: var(--cg-heading-font, inherit); font-weight: var(--cg-heading-weight, 600); line-height: 1.25; }
  h2 { font-size: var(--cg-heading-size, 1.5em); }
  h3 { font-size: var(--cg-card-heading-size, 1.125em); }
  .card {
    background: var(--cg-surface, light-dark(#fff, #1d2127));
    border: var(--cg-border-width, 1px) solid var(--border);
    border-radius: var(--cg-card-radius, var(--cg-radius, 0.5rem));
    box-shadow: var(--cg-shadow, none);
    padding: var(--cg-card-padding, calc(var(--gap) * 2));
    display: grid;
    gap: var(--gap);
    grid-template-columns: minmax(0, 1fr);
  }
  header, .actions, .row { display: flex; flex-wrap: wrap; gap: var(--gap); align-items: center; justify-content: space-between; }
  .actions, .row { justify-content: flex-start; }
  dl { display: grid; gap: var(--gap) calc(var(--gap) * 3); grid-template-columns: repeat(auto-fill, minmax(min(10rem, 100%), 1fr)); }
  dt, .small, .hint { color: var(--muted); font-size: var(--cg-small-size, 0.875em); }
  .price { font-variant-numeric: tabular-nums; font-weight: 600; color: var(--cg-price, inherit); }
  .hidden { color: var(--cg-hidden, var(--muted)); font-style: var(--cg-hidden-style, italic); }
  .status {
    background: var(--cg-status-background, light-dark(#e9edf2, #333a44));
    color: var(--cg-status-text, inherit);
    border-radius: var(--cg-status-radius, 1em);
    padding: 0 0.75em;
    font-size: var(--cg-small-size, 0.875em);
  }
  button, input, select, textarea { font: inherit; color: inherit; max-inline-size: 100%; min-block-size: var(--cg-control-height, 2.5rem); }
  button {
    background: var(--cg-button-background, var(--accent));
    color: var(--cg-button-text, light-dark(#fff, #10151b));
    border: var(--cg-border-width, 1px) solid transparent;
    border-radius: var(--cg-button-radius, var(--cg-radius, 0.5rem));
    padding: calc(var(--gap) / 2) calc(var(--gap) * 2);
    cursor: pointer;
  }
  button.quiet { background: var(--cg-quiet-background, transparent); color: var(--cg-quiet-text, var(--accent)); border-color: currentColor; }
  button.danger { background: transparent; color: var(--danger); border-color: currentColor; }
  button:is(:disabled, [aria-disabled="true"]) { opacity: 0.6; cursor: default; }
  input, select, textarea {
    inline-size: 100%;
    background: var(--cg-field-background, light-dark(#fff, #14171c));
    border: var(--cg-border-width, 1px) solid var(--cg-field-border, light-dark(#77808b, #8b95a1));
    border-radius: var(--cg-field-radius, var(--cg-radius, 0.5rem));
    padding: calc(var(--gap) / 2) var(--gap);
  }
  fieldset { border: 0; display: grid; gap: var(--gap); }
  [type="checkbox"] { inline-size: 1.25em; min-block-size: 1.25em; margin-inline-end: var(--gap); vertical-align: middle; accent-color: var(--accent); }
  [aria-invalid="true"] { border-color: var(--danger); }
  :focus-visible { outline: var(--cg-focus-width, 3px) solid var(--focus); outline-offset: 2px; }
  .filters { display: grid; gap: calc(var(--gap) * 2); grid-template-columns: repeat(auto-fit, minmax(min(12rem, 100%), 1fr)); }
  .field { display: grid; gap: calc(var(--gap) / 2); grid-template-columns: minmax(0, 1fr); align-content: start; }
  label { font-weight: var(--cg-label-weight, 500); }
  .error, .failure { color: var(--danger); }
  .failure, .notice {
    border-inline-start: 4px solid currentColor;
    padding-inline-start: calc(var(--gap) * 2);
    display: grid;
    gap: var(--gap);
    justify-items: start;
  }
  .unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @media (forced-colors: active) { button, .status { border: 1px solid; } }
`;
