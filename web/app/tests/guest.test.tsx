/** A guest link should work once it is complete, and leave its secret nowhere. */

import { act, screen, waitFor } from "@testing-library/react";
import { expect, it, vi } from "vitest";

import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { inMinutes, OPEN } from "./support/people";

const visit = {
  name: "Ingrid",
  appointment: {
    start: inMinutes(5),
    end: inMinutes(25),
    time_zone: "Europe/Berlin",
    practitioner_name: "Dr. Alan Whitfield",
    clinic_name: "Riverside",
    join: OPEN,
  },
};

it("takes the secret out of the address and sends it in a body", async () => {
  const server = new FakeControlPlane().install().on("POST /api/guest", visit);
  openPage("/guest#s3cret");

  expect(await screen.findByRole("heading", { name: "Hello Ingrid" })).toBeVisible();

  expect(location.href).not.toContain("s3cret");
  expect(server.asked.every(({ path }) => !path.includes("s3cret"))).toBe(true);
  expect(server.askedFor("POST /api/guest")[0]?.body).toEqual({ secret: "s3cret" });
  await waitFor(() => {
    expect(screen.getByRole("button", { name: "Join the visit" })).toBeEnabled();
  });
  await expectNoViolation();
});

it("says that a link no longer works", async () => {
  new FakeControlPlane().install().refuse("POST /api/guest", 404, "not-found");
  openPage("/guest#old");

  expect(await screen.findByRole("alert")).toHaveTextContent("This link no longer works.");
});

it("goes on asking after the server was away, and lets in", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true });
  const early = { ...visit.appointment, join: { ...OPEN, open: false, problem: "too_early" } };
  const server = new FakeControlPlane().install().on("POST /api/guest", { ...visit, appointment: early });
  openPage("/guest#s3cret");
  expect(await screen.findByRole("button", { name: "Join the visit" })).toBeDisabled();

  server.refuse("POST /api/guest", 503, "unavailable");
  await act(() => vi.advanceTimersByTimeAsync(30_000));
  server.on("POST /api/guest", visit);
  await act(() => vi.advanceTimersByTimeAsync(30_000));

  await waitFor(() => {
    expect(screen.getByRole("button", { name: "Join the visit" })).toBeEnabled();
  });
  vi.useRealTimers();
});
