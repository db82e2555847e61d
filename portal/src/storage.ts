// Stores tabs and history, separate from those of another GraphiQL at the same host and port.

import type { Storage } from "@graphiql/toolkit";

const PREFIX = "crossgate:";

const keys = () => Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));

export const storage: Storage = {
  getItem: (key) => localStorage.getItem(PREFIX + key),
  setItem: (key, value) => localStorage.setItem(PREFIX + key, value),
  removeItem: (key) => localStorage.removeItem(PREFIX + key),
  clear: () => keys().forEach((key) => localStorage.removeItem(key)),
  get length() {
    return keys().length;
  },
};
