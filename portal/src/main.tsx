import "./workers";
import "graphiql/style.css";
import "./style.css";

import { createRoot } from "react-dom/client";

import { loadConfig } from "./config";
import { Portal } from "./portal";

const page = document.getElementById("portal")!;

try {
  createRoot(page).render(<Portal config={await loadConfig()} />);
} catch (error) {
  page.textContent = `The page could not start. ${(error as Error).message}`;
}
