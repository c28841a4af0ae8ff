/** The first page of each role. */

import { AdminHomePage } from "./admin/AdminHomePage";
import { PractitionerHomePage } from "./practice/PractitionerHomePage";
import { useAccount } from "./session/session";
import { PatientHomePage } from "./visits/PatientHomePage";

export function HomePage() {
  const { role } = useAccount();
  if (role === "patient") return <PatientHomePage />;
  if (role === "practitioner") return <PractitionerHomePage />;
  return <AdminHomePage />;
}
