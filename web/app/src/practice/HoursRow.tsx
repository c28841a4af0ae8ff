/** Hours of a day: from, until, remove. */

import { mdiTrashCanOutline } from "@mdi/js";
import { FormHelperText, IconButton, Stack, TextField } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { AvailabilityRule } from "../api/model";
import { Icon } from "../layout/Icon";
import { fromField, type RuleProblem, toField } from "./availability";

export function HoursRow({
  day,
  rule,
  problem,
  onChange,
  onRemove,
}: {
  day: string;
  rule: AvailabilityRule;
  problem: RuleProblem | null;
  onChange: (rule: AvailabilityRule) => void;
  onRemove: () => void;
}) {
  const { t } = useTranslation();
  const problemId = useId();
  const field = (name: "from" | "until") => (
    <TextField
      type="time"
      size="small"
      value={toField(rule[name])}
      error={problem !== null}
      onChange={(event) => {
        onChange({ ...rule, [name]: fromField(name, event.target.value) });
      }}
      slotProps={{
        htmlInput: {
          "aria-label": t(`availability.${name}`, { day }),
          ...(problem !== null && { "aria-describedby": problemId }),
        },
      }}
      sx={{
        maxWidth: 150,
        "& .MuiInputBase-root": { minHeight: 48 },
        "& input": { px: { xs: 1, sm: 1.75 } },
        // A narrow page has no room for both the time and the picker's symbol; the field opens it by itself.
        "& input::-webkit-calendar-picker-indicator": { display: { xs: "none", sm: "block" } },
      }}
    />
  );
  return (
    <Stack>
      <Stack direction="row" spacing={1} sx={{ alignItems: "center" }}>
        {field("from")}
        <span aria-hidden>–</span>
        {field("until")}
        <IconButton
          aria-label={t("availability.remove", { from: rule.from, until: rule.until, day })}
          onClick={onRemove}
        >
          <Icon path={mdiTrashCanOutline} />
        </IconButton>
      </Stack>
      {problem !== null && (
        <FormHelperText id={problemId} error>
          {t(`availability.${problem}`)}
        </FormHelperText>
      )}
    </Stack>
  );
}
