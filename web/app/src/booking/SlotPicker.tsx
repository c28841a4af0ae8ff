/** The free times of a day. */

import { Box, Button, Typography } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { Slot } from "../api/model";
import { useTimes } from "../time/use-times";
import type { Day } from "./booking";

export function SlotPicker({ day, onChoose }: { day: Day; onChoose: (slot: Slot) => void }) {
  const { t } = useTranslation();
  const times = useTimes();
  const titleId = useId();
  const [first] = day.slots;
  if (first === undefined) return null;
  return (
    <Box component="section" aria-labelledby={titleId}>
      <Typography id={titleId} variant="h2" sx={{ mb: 1.5 }}>
        {t("book.times", { day: times.day(first.start) })}
      </Typography>
      <Box
        component="ul"
        sx={{
          display: "grid",
          gap: 1,
          gridTemplateColumns: "repeat(auto-fill, minmax(112px, 1fr))",
          listStyle: "none",
          p: 0,
          m: 0,
        }}
      >
        {day.slots.map((slot) => (
          <li key={slot.start}>
            <Button
              fullWidth
              variant="outlined"
              onClick={() => {
                onChoose(slot);
              }}
              sx={{ px: 1, bgcolor: "background.paper", whiteSpace: "nowrap" }}
            >
              {times.timeWithZone(slot.start)}
            </Button>
          </li>
        ))}
      </Box>
    </Box>
  );
}
