/** Shows a page to some roles; for the others there is no such page. */

import type { ReactNode } from "react";

import type { Role } from "../api/model";
import { NotFoundPage } from "../errors/NotFoundPage";
import { useAccount } from "./session";

export function ForRole({ roles, children }: { roles: readonly Role[]; children: ReactNode }) {
  const { role } = useAccount();
  return roles.includes(role) ? children : <NotFoundPage />;
}
