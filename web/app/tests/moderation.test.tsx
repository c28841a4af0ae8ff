/** A moderator should find what they can do by each person; everybody else should see what was done, and decide for themselves. */

import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, it } from "vitest";

import { CloseCode, type ServerMessage } from "../../sdk/src/protocol";
import { joined, OTHER, other, OWN, PERMISSIONS } from "../../sdk/tests/fakes/room";
import { expectNoViolation } from "./support/page";
import { openVisit } from "./support/visit";

const PATIENT = { role: "patient" as const, permissions: PERMISSIONS };
const BY = { by: OTHER, role: "practitioner" as const };
const MENU = "Options for Maya Lindqvist";
const SOUND = { id: "0000000000000001", source: "microphone" as const, active: true };

/** A practitioner's visit, with what the node tells moderators. */
async function moderated(isOn = true) {
  const patient = other({ role: "patient", tracks: [{ ...SOUND, active: isOn }] });
  const visit = await openVisit({ participants: [patient] });
  const permissions = { audio: true, video: true, screen: true, subscribe: true };
  await visit.says({
    type: "moderation",
    waiting: [],
    seats: [{ seat: OTHER, permissions, moderated: true }],
  });
  const orders = () => visit.platform.socket.sentOfType("moderate").map(({ order }) => order);
  return { ...visit, orders };
}

it("mutes from the menu of a tile", async () => {
  const { user, orders } = await moderated();

  await user.click(screen.getByRole("button", { name: MENU }));
  expect(screen.queryByRole("menuitem", { name: "Ask to unmute" })).toBeNull();
  await user.click(screen.getByRole("menuitem", { name: "Mute" }));

  expect(orders()).toEqual([{ kind: "mute", seat: OTHER, source: "microphone" }]);
});

it("asks who is muted, and never unmutes", async () => {
  const { user, orders } = await moderated(false);

  await user.click(screen.getByRole("button", { name: MENU }));
  expect(screen.queryByRole("menuitem", { name: "Mute" })).toBeNull();
  await user.click(screen.getByRole("menuitem", { name: "Ask to unmute" }));

  expect(orders()).toEqual([{ kind: "ask", seat: OTHER, source: "microphone" }]);
});

it("takes a permission away, and removes only after asking", async () => {
  const { user, orders } = await moderated();

  await user.click(screen.getByRole("button", { name: MENU }));
  await user.click(screen.getByRole("menuitemcheckbox", { name: "May share a screen", checked: true }));
  await user.click(screen.getByRole("menuitem", { name: "Remove from the visit" }));
  expect(orders()).toHaveLength(1);
  await user.click(await screen.findByRole("button", { name: "Remove" }));

  expect(orders()).toEqual([
    {
      kind: "permit",
      seat: OTHER,
      permissions: { audio: true, video: true, screen: false, subscribe: true },
    },
    { kind: "remove", seat: OTHER },
  ]);
});

it("locks the visit in the list of people", async () => {
  const { user, orders } = await moderated();

  await user.click(screen.getByRole("button", { name: "People" }));
  const dialog = screen.getByRole("dialog");
  expect(within(dialog).getByRole("button", { name: MENU })).toBeVisible();
  await expectNoViolation();
  await user.click(within(dialog).getByRole("switch", { name: "Lock the visit" }));

  expect(orders()).toEqual([{ kind: "lock", locked: true }]);
});

it("shows who waits by name, and lets them in or declines", async () => {
  const { user, orders, says, announced } = await moderated();

  await says({ type: "moderation", waiting: [{ seat: "late", role: "guest" }], seats: [] });
  await user.click(await screen.findByRole("button", { name: "Let in: Ingrid" }));
  await user.click(screen.getByRole("button", { name: "Decline: Ingrid" }));

  expect(orders()).toEqual([
    { kind: "admit", seat: "late" },
    { kind: "turn_away", seat: "late" },
  ]);
  await waitFor(() => {
    expect(announced).toContain("Ingrid waits to be let in.");
  });
  await expectNoViolation();
});

it("offers a patient none of it", async () => {
  const { user } = await openVisit(PATIENT);

  expect(screen.queryByRole("button", { name: MENU })).toBeNull();
  await user.click(screen.getByRole("button", { name: "People" }));
  expect(screen.queryByRole("switch")).toBeNull();
});

it("says who muted one, and asks before anything is on again", async () => {
  const { says, user, call, platform } = await openVisit(PATIENT);

  await says({ type: "muted", source: "microphone", ...BY });
  expect((await screen.findAllByText("Maya Lindqvist muted you."))[0]).toBeVisible();
  await says({ type: "asked", source: "microphone", ...BY }, { type: "asked", source: "camera", ...BY });
  // It may be in the live region at the same time.
  const asked = screen
    .getByText("Maya Lindqvist asks you to unmute.", { selector: "[role=group] *" })
    .closest("[role=group]");
  await expectNoViolation();
  expect(call.view.microphone.isOn).toBe(false);
  await user.click(within(asked as HTMLElement).getByRole("button", { name: "Unmute" }));
  await user.click(screen.getByRole("button", { name: "Not now" }));

  expect(call.view.microphone.isOn).toBe(true);
  expect(platform.socket.sentOfType("decline")).toEqual([{ type: "decline", source: "camera" }]);
  expect(call.view.asked).toEqual([]);
});

it("cannot switch on what is not allowed at the moment", async () => {
  const { says } = await openVisit(PATIENT);

  await says({ type: "permissions", permissions: { ...PERMISSIONS, audio: false } });

  const unmute = await screen.findByRole("button", { name: "Unmute" });
  expect(unmute).toHaveAttribute("aria-disabled", "true");
  expect(screen.getByRole("button", { name: "Camera on" })).toHaveAttribute("aria-disabled", "false");
});

it("keeps the focus on a control that is taken away, says why, and does nothing", async () => {
  const { says, call, user } = await openVisit(PATIENT);
  screen.getByRole("button", { name: "Mute" }).focus();

  await says({ type: "permissions", permissions: { ...PERMISSIONS, audio: false } });

  const unmute = await screen.findByRole("button", { name: "Unmute" });
  expect(unmute).toHaveFocus();
  expect(unmute).toHaveAccessibleDescription("Not allowed at the moment");
  await user.click(unmute);
  expect(call.view.microphone.isOn).toBe(false);
  await expectNoViolation();
});

it("keeps the focus in the page when a notice goes with its answer", async () => {
  const { says, user } = await moderated();
  const heading = screen.getByRole("heading", { name: "Visit" });
  await says({ type: "moderation", waiting: [{ seat: "late", role: "guest" }], seats: [] });
  await user.click(await screen.findByRole("button", { name: "Let in: Ingrid" }));

  await says({ type: "moderation", waiting: [], seats: [] });
  expect(heading).toHaveFocus();

  await says({ type: "asked", source: "camera", ...BY });
  await user.click(screen.getByRole("button", { name: "Not now" }));
  expect(screen.queryByRole("button", { name: "Not now" })).toBeNull();
  expect(heading).toHaveFocus();
});

it("says nothing again after another join, and what has changed meanwhile", async () => {
  const { says, platform, announced } = await moderated();
  const waits: ServerMessage = {
    type: "moderation",
    waiting: [{ seat: "late", role: "guest" }],
    seats: [],
  };
  const asks = { type: "asked", source: "camera", ...BY } as const;
  await says({ type: "room", locked: true, recorded: false }, waits, asks);
  const asked = "Maya Lindqvist asks you to turn your camera on.";
  const first = ["The visit is locked.", "Ingrid waits to be let in.", asked];
  await waitFor(() => {
    for (const text of first) expect(announced).toContain(text);
  });

  act(() => {
    platform.socket.closes(CloseCode.RESUME);
  });
  await waitFor(() => {
    expect(platform.sockets).toHaveLength(2);
  });
  await act(async () => {
    platform.socket.open();
    await Promise.resolve();
  });
  const permissions = { ...PERMISSIONS, moderate: true };
  await says(joined({ role: "practitioner", permissions, participants: [other()] }));
  await says({ type: "room", locked: true, recorded: false });
  await says(waits, asks);
  act(() => {
    platform.peer.becomes("connected");
  });
  await says({ type: "room", locked: false, recorded: false });

  await waitFor(() => {
    expect(announced).toContain("The visit is open again.");
  });
  for (const text of [...first, "The visit is open again."]) {
    expect(announced.filter((one) => one === text)).toHaveLength(1);
  }
});

it("shows a waiting room, and then the visit", async () => {
  const own = { seat: OWN, role: "guest" as const, connected: true, tracks: [] };
  const { says } = await openVisit({ role: "guest", waiting: true, participants: [own] });

  expect(screen.getByRole("region", { name: "Waiting to be let in" })).toBeVisible();
  expect(screen.queryByText("Nobody else is here.")).toBeNull();
  await expectNoViolation();
  await says({ type: "admitted", participants: [other(), own] });

  expect(screen.getByRole("group", { name: "Maya Lindqvist" })).toBeVisible();
  expect(screen.queryByRole("region", { name: "Waiting to be let in" })).toBeNull();
});

it("says that the visit is recorded", async () => {
  const { says } = await openVisit(PATIENT);

  await says({ type: "room", locked: false, recorded: true });

  expect(screen.getAllByText("This visit is being recorded.")[0]).toBeVisible();
});
