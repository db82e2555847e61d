import "./workers";
import "graphiql/style.css";
import "./style.css";

import { createRoot } from "react-dom/client";

import { loadConfig } from "./config";
import { Portal } from "./portal";
import { Session } from "./session";

const page = document.getElementById("portal")!;

try {
  const config = await loadConfig();
  const session = new Session();
  await session.resume(config.viewers);
  createRoot(page).render(<Portal config={config} session={session} />);
} catch (error) {
  page.textContent = `The page could not start. ${(error as Error).message}`;
}
