/** The start of the web app. */

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createBrowserRouter } from "react-router";

import { createQueryClient } from "./api/query-client";
import { App } from "./App";
import { startI18n } from "./i18n/i18n";
import { routes } from "./routes";
import { createStyleCache } from "./theme/adopted-sheet";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");

await startI18n();
createRoot(root).render(
  <StrictMode>
    <App
      styleCache={createStyleCache()}
      queryClient={createQueryClient()}
      router={createBrowserRouter(routes)}
    />
  </StrictMode>,
);
