/** The list of pages. */

import { lazy, Suspense } from "react";
import { Outlet, type RouteObject } from "react-router";

import { CrashPage } from "./errors/CrashPage";
import { NotFoundPage } from "./errors/NotFoundPage";
import { HomePage } from "./HomePage";
import { Loading } from "./layout/Loading";
import { Shell } from "./layout/Shell";
import { ForRole } from "./session/ForRole";
import { SignedIn } from "./session/SignedIn";
import { SignInPage } from "./signin/SignInPage";

// Loaded when first opened: a guest on a slow link does not wait for the practitioner's pages.
const BookPage = lazy(async () => ({ default: (await import("./booking/BookPage")).BookPage }));
const PractitionersPage = lazy(async () => ({
  default: (await import("./booking/PractitionersPage")).PractitionersPage,
}));
const GuestPage = lazy(async () => ({ default: (await import("./guest/GuestPage")).GuestPage }));
const AvailabilityPage = lazy(async () => ({
  default: (await import("./practice/AvailabilityPage")).AvailabilityPage,
}));
const QualityPage = lazy(async () => ({ default: (await import("./quality/QualityPage")).QualityPage }));
const VisitPage = lazy(async () => ({ default: (await import("./visit/VisitPage")).VisitPage }));

export const routes: RouteObject[] = [
  {
    errorElement: <CrashPage />,
    element: (
      <Suspense fallback={<Loading />}>
        <Outlet />
      </Suspense>
    ),
    children: [
      { path: "/sign-in", element: <SignInPage /> },
      { path: "/guest", element: <GuestPage /> },
      {
        element: <SignedIn />,
        children: [
          {
            element: <Shell />,
            children: [
              { index: true, element: <HomePage /> },
              {
                path: "/book",
                element: (
                  <ForRole roles={["patient"]}>
                    <PractitionersPage />
                  </ForRole>
                ),
              },
              {
                path: "/book/:practitionerId",
                element: (
                  <ForRole roles={["patient"]}>
                    <BookPage />
                  </ForRole>
                ),
              },
              {
                path: "/availability",
                element: (
                  <ForRole roles={["practitioner"]}>
                    <AvailabilityPage />
                  </ForRole>
                ),
              },
              {
                path: "/quality/:appointmentId",
                element: (
                  <ForRole roles={["practitioner", "admin"]}>
                    <QualityPage />
                  </ForRole>
                ),
              },
            ],
          },
          // Without the menu: a visit has the whole window.
          { path: "/visit/:appointmentId", element: <VisitPage /> },
        ],
      },
      { path: "*", element: <NotFoundPage /> },
    ],
  },
];
