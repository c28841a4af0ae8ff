/** The practitioner is free at this minute. */

import { mdiVideoOutline } from "@mdi/js";
import { Alert, Button } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { Slot } from "../api/model";
import { Icon } from "../layout/Icon";
import { useTimes } from "../time/use-times";

export function BookNow({
  name,
  slot,
  onChoose,
}: {
  name: string;
  slot: Slot;
  onChoose: (slot: Slot) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  return (
    <Alert
      severity="success"
      icon={false}
      sx={{ flexWrap: "wrap", "& .MuiAlert-action": { pt: 0.5 } }}
      action={
        <Button
          variant="contained"
          color="success"
          startIcon={<Icon path={mdiVideoOutline} />}
          onClick={() => {
            onChoose(slot);
          }}
        >
          {t("book.now")}
        </Button>
      }
    >
      {t("book.nowLead", { name, time: times.timeWithZone(slot.end) })}
    </Alert>
  );
}
