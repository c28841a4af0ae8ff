/** The people and screens of the visit, as large as the window allows. */

import type { CallView } from "@bedside/sdk";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Alone } from "./Alone";
import { SelfTile } from "./SelfTile";
import { Tile } from "./Tile";
import type { NameOf } from "./use-names";

/** So many columns for so many tiles on a wide window; a phone has one, or two from three on. */
function columns(tiles: number) {
  return { xs: tiles <= 2 ? 1 : 2, sm: tiles === 1 ? 1 : tiles <= 4 ? 2 : 3 };
}

export function Stage({ view, nameOf }: { view: CallView; nameOf: NameOf }) {
  const { t } = useTranslation();
  const { slots, speakers, quality } = view;
  const screens = slots.filter(({ kind }) => kind === "screen");
  const faces = slots.filter(({ kind }) => kind === "camera");
  const tile = (slot: (typeof slots)[number]) => (
    <Tile
      key={slot.id}
      slot={slot}
      name={nameOf(slot)}
      isSpeaking={slot.kind === "camera" && speakers.includes(slot.seat)}
      grade={quality.get(slot.seat) ?? null}
    />
  );
  const count = columns(faces.length);

  return (
    <Box
      component="main"
      id="content"
      aria-label={t("visit.stage")}
      sx={{
        position: "relative",
        flexGrow: 1,
        minHeight: 0,
        p: { xs: 1, sm: 1.5 },
        display: "flex",
        flexDirection: { xs: "column", md: screens.length > 0 ? "row" : "column" },
        gap: { xs: 1, sm: 1.5 },
      }}
    >
      {slots.length === 0 && <Alone state={view.state} />}
      {screens.length > 0 && (
        <Box
          sx={{ flex: 3, minHeight: 0, minWidth: 0, display: "grid", gap: 1, gridAutoRows: "minmax(0, 1fr)" }}
        >
          {screens.map(tile)}
        </Box>
      )}
      {faces.length > 0 && (
        <Box
          sx={{
            flex: 1,
            minHeight: 0,
            minWidth: 0,
            display: "grid",
            gap: { xs: 1, sm: 1.5 },
            gridAutoRows: "minmax(0, 1fr)",
            gridTemplateColumns: {
              xs: `repeat(${String(count.xs)}, minmax(0, 1fr))`,
              sm: `repeat(${String(count.sm)}, minmax(0, 1fr))`,
              ...(screens.length > 0 && { md: "minmax(0, 1fr)" }),
            },
          }}
        >
          {faces.map(tile)}
        </Box>
      )}
      <SelfTile view={view} />
    </Box>
  );
}
