/** A visit should show how each connection is, why, and what to try: in words, and nothing as good that is not known. */

import { screen, within } from "@testing-library/react";
import { expect, it } from "vitest";

import type { SeatQuality } from "../../sdk/src/protocol";
import { OTHER, OWN } from "../../sdk/tests/fakes/room";
import { i18n } from "../src/i18n/i18n";
import { expectNoViolation } from "./support/page";
import { openVisit } from "./support/visit";

async function open(own: Partial<SeatQuality>, others: Partial<SeatQuality>) {
  const page = await openVisit();
  const good = { grade: "good" as const, video_paused: false, mos: 4.4, cause: null };
  await page.says({
    type: "quality",
    quality: [
      { seat: OWN, ...good, ...own },
      { seat: OTHER, ...good, ...others },
    ],
  });
  const tile = (name: string) => within(screen.getByRole("group", { name }));
  return { ...page, own: tile("Your own picture"), other: tile("Maya Lindqvist") };
}

it("says of the own connection what it is due to and what to try, and of others that it is not one's own", async () => {
  const { own, other } = await open(
    { grade: "poor", mos: 2.8, cause: "uplink" },
    { grade: "fair", mos: 3.6, cause: "downlink" },
  );

  expect(
    own.getByRole("button", { name: /^Poor connection\. Your own connection to the clinic is unsteady/u }),
  ).toHaveAccessibleName(/Move closer to the Wi-Fi, or use a cable\.$/u);
  expect(
    other.getByRole("button", {
      name: /^Fair connection\. Maya Lindqvist may hear or see you badly.*not yours/u,
    }),
  ).toBeInTheDocument();
  await expectNoViolation();
});

it("shows its words to who points at it", async () => {
  const { own, user } = await open({ cause: "device" }, {});
  const mark = own.getByRole("button", { name: /Your device has too much to do/u });

  await user.hover(mark);

  expect(await screen.findByRole("tooltip")).toHaveTextContent("Close other programs and pages.");
});

it("shows no mark of a connection of which nothing is known", async () => {
  const { own, other } = await open({ mos: null }, {});

  expect(own.queryByTitle("Good connection")).toBeNull();
  expect(other.getByTitle("Good connection")).toBeInTheDocument();
});

it("says the same in the list of people", async () => {
  const { user } = await open({ mos: null }, { cause: "server" });

  await user.click(screen.getByRole("button", { name: /People/u }));

  const list = within(await screen.findByRole("dialog"));
  expect(list.getByText(/Good connection\. The clinic's server is very busy/u)).toBeInTheDocument();
  expect(list.queryAllByText(/connection/u)).toHaveLength(1);
});

it("has every cause in every language", () => {
  for (const language of ["en", "de"]) {
    const t = i18n.getFixedT(language);
    for (const cause of ["uplink", "downlink", "server", "device"] as const) {
      expect(t(`visit.cause.own.${cause}`)).not.toBe(t(`visit.cause.other.${cause}`, { name: "Maya" }));
    }
  }
});
