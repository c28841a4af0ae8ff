/** A patient should see, book and cancel visits. */

import { onlineManager } from "@tanstack/react-query";
import { act, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, expect, it } from "vitest";

import { FakeControlPlane } from "./support/control-plane";
import { expectNoViolation, openPage } from "./support/page";
import { appointment, inMinutes, OPEN, PRACTITIONER, session } from "./support/people";

let server: FakeControlPlane;

const DAY = 24 * 60;

beforeEach(() => {
  server = new FakeControlPlane()
    .install()
    .on("GET /api/session", session("patient"))
    .on("GET /api/practitioners", [PRACTITIONER])
    .on("GET /api/appointments", []);
});

afterEach(() => {
  onlineManager.setOnline(true);
});

it("shows the next visit first, and lets in when the control plane says so", async () => {
  server.on("GET /api/appointments", [
    appointment({ id: "later", start: inMinutes(2 * DAY), end: inMinutes(2 * DAY + 20) }),
    appointment({ id: "next", join: OPEN }),
    appointment({ id: "old", state: "completed", start: inMinutes(-DAY), end: inMinutes(-DAY + 20) }),
  ]);
  openPage("/");

  const next = await screen.findByRole("region", { name: "Your next visit" });
  const link = within(next).getByRole("link", { name: "Join the visit" });

  expect(link).toHaveAttribute("href", "/visit/next");
  expect(screen.getByText("Completed")).toBeVisible();
  await expectNoViolation();
});

it("says from when one can join", async () => {
  server.on("GET /api/appointments", [appointment()]);
  openPage("/");

  expect(await screen.findByText(/You can join from \d\d:\d\d/)).toBeVisible();
  expect(screen.queryByRole("link", { name: "Join the visit" })).toBeNull();
});

it("cancels after asking", async () => {
  server
    .on("GET /api/appointments", [appointment()])
    .on("POST /api/appointments/a1/cancel", appointment({ state: "cancelled" }));
  const { user } = openPage("/");

  await user.click(await screen.findByRole("button", { name: "Cancel visit" }));
  expect(server.askedFor("POST /api/appointments/a1/cancel")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Cancel the visit" }));

  expect(await screen.findByText("The visit is cancelled.")).toBeInTheDocument();
  expect(server.askedFor("POST /api/appointments/a1/cancel")[0]?.headers.get("x-csrf-token")).toBe("csrf-1");
});

const SLOTS = [0, 30, 60].map((after) => ({
  start: inMinutes(DAY + after),
  end: inMinutes(DAY + after + 20),
}));

function serveSlots(now: object | null = null) {
  server.on("GET /api/practitioners/d1/slots", {
    slots: SLOTS,
    practitioner_time_zone: "America/New_York",
    available_now: now,
  });
}

it("books a time with the reader's zone and the reason, once", async () => {
  serveSlots();
  server.on("POST /api/appointments", appointment(), 201);
  const { user } = openPage("/book/d1");

  const [first] = await screen.findAllByRole("button", { name: /CE(S)?T$/ });
  if (first === undefined) throw new Error("no time is offered");
  await expectNoViolation();
  await user.click(first);
  await user.type(screen.getByLabelText("What is it about? (optional)"), "A rash");
  await user.click(screen.getByRole("button", { name: "Book" }));

  expect(await screen.findByRole("heading", { name: "My visits" })).toBeVisible();
  const [command] = server.askedFor("POST /api/appointments");
  expect(command?.headers.get("idempotency-key")).toMatch(/^[0-9a-f-]{36}$/);
  expect(command?.body).toEqual({
    practitioner_id: "d1",
    start: SLOTS[0]?.start,
    now: false,
    time_zone: "Europe/Berlin",
    reason: "A rash",
  });
});

it("offers other times when somebody was faster", async () => {
  serveSlots();
  server.refuse("POST /api/appointments", 409, "slot-taken", { alternatives: SLOTS.slice(1) });
  const { user } = openPage("/book/d1");
  const [first] = await screen.findAllByRole("button", { name: /CE(S)?T$/ });
  if (first === undefined) throw new Error("no time is offered");

  await user.click(first);
  await user.click(screen.getByRole("button", { name: "Book" }));
  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByRole("alert")).toHaveTextContent(
    "Somebody else has just booked this time.",
  );
  await expectNoViolation();
  const [alternative] = within(dialog).getAllByRole("button", { name: /CE(S)?T$/ });
  if (alternative === undefined) throw new Error("no alternative is offered");
  server.on("POST /api/appointments", appointment(), 201);
  await user.click(alternative);
  await user.click(screen.getByRole("button", { name: "Book" }));

  await screen.findByRole("heading", { name: "My visits" });
  const commands = server.askedFor("POST /api/appointments");
  expect(commands[1]?.body).toMatchObject({ start: SLOTS[1]?.start });
  expect(commands[1]?.headers.get("idempotency-key")).not.toBe(commands[0]?.headers.get("idempotency-key"));
});

it("does not book later what failed while offline", async () => {
  serveSlots();
  server.on("POST /api/appointments", appointment(), 201);
  const { user } = openPage("/book/d1");
  const [first] = await screen.findAllByRole("button", { name: /CE(S)?T$/ });
  if (first === undefined) throw new Error("no time is offered");
  await user.click(first);
  onlineManager.setOnline(false);
  server.isReachable = false;

  await user.click(screen.getByRole("button", { name: "Book" }));

  expect(await screen.findByText(/server cannot be reached/)).toBeVisible();
  await user.click(screen.getByRole("button", { name: "Cancel" }));
  server.isReachable = true;
  act(() => {
    onlineManager.setOnline(true);
  });
  // Whatever waited would run before what is asked for now.
  await user.click(screen.getByRole("link", { name: "Choose another practitioner" }));
  await screen.findByText("With whom?");
  expect(server.askedFor("POST /api/appointments")).toEqual([]);
});

it("sends the same again after a failure, whatever was typed meanwhile", async () => {
  serveSlots();
  const { user } = openPage("/book/d1");
  const [first] = await screen.findAllByRole("button", { name: /CE(S)?T$/ });
  if (first === undefined) throw new Error("no time is offered");
  await user.click(first);
  const reason = screen.getByLabelText("What is it about? (optional)");
  await user.type(reason, "A rash");
  server.isReachable = false;
  await user.click(screen.getByRole("button", { name: "Book" }));
  await screen.findByText(/server cannot be reached/);

  await user.type(reason, " and a cough");
  expect(reason).toHaveAccessibleDescription(/is already sent/);
  server.isReachable = true;
  server.on("POST /api/appointments", appointment(), 201);
  await user.click(screen.getByRole("button", { name: "Book" }));

  await screen.findByRole("heading", { name: "My visits" });
  expect(server.askedFor("POST /api/appointments")[0]?.body).toMatchObject({ reason: "A rash" });
});

it("books a visit now without naming an instant", async () => {
  serveSlots({ start: inMinutes(0), end: inMinutes(20) });
  server.on("POST /api/appointments", appointment(), 201);
  const { user } = openPage("/book/d1");

  await user.click(await screen.findByRole("button", { name: "Visit now" }));
  await user.click(screen.getByRole("button", { name: "Book" }));

  await screen.findByText("Page not found");
  expect(server.askedFor("POST /api/appointments")[0]?.body).toMatchObject({ now: true, start: null });
});

it("has no page of a practitioner", async () => {
  openPage("/availability");

  expect(await screen.findByRole("heading", { name: "Page not found" })).toBeVisible();
});
