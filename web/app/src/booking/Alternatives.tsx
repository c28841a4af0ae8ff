/** The chosen time is gone: the nearest that are still free. */

import { Alert, Button, Stack } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { Slot } from "../api/model";
import { useTimes } from "../time/use-times";

export function Alternatives({
  slots,
  onChoose,
}: {
  slots: readonly Slot[];
  onChoose: (slot: Slot) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  return (
    <Stack spacing={1.5}>
      <Alert severity="warning">
        {t("book.taken")} {slots.length > 0 ? t("book.alternatives") : t("book.noAlternatives")}
      </Alert>
      {slots.map((slot) => (
        <Button
          key={slot.start}
          variant="outlined"
          onClick={() => {
            onChoose(slot);
          }}
        >
          {times.day(slot.start)}, {times.timeWithZone(slot.start)}
        </Button>
      ))}
    </Stack>
  );
}
