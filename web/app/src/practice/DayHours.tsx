/** The hours of one weekday. */

import { mdiPlus } from "@mdi/js";
import { Box, Button, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

import type { AvailabilityRule, Weekday } from "../api/model";
import { Icon } from "../layout/Icon";
import { HoursRow } from "./HoursRow";
import { ruleProblem } from "./availability";

export function DayHours({
  weekday,
  rules,
  onChange,
  onAdd,
}: {
  weekday: Weekday;
  rules: readonly AvailabilityRule[];
  onChange: (rules: AvailabilityRule[]) => void;
  onAdd: () => void;
}) {
  const { t } = useTranslation();
  const day = t(`weekday.${weekday}`);
  const own = rules.map((rule, index) => ({ rule, index })).filter(({ rule }) => rule.weekday === weekday);
  return (
    <Box
      role="group"
      aria-label={day}
      sx={{
        display: "grid",
        gridTemplateColumns: { xs: "1fr auto", sm: "120px 1fr auto" },
        alignItems: "center",
        gap: 1.5,
        py: 1.5,
        "&:not(:last-child)": { borderBottom: 1, borderColor: "divider" },
      }}
    >
      <Typography variant="h3" component="h2">
        {day}
      </Typography>
      <Stack spacing={1.5} sx={{ gridColumn: { xs: "1 / -1", sm: 2 }, gridRow: { xs: 2, sm: 1 } }}>
        {own.length === 0 && <Typography color="text.secondary">{t("availability.closed")}</Typography>}
        {own.map(({ rule, index }) => (
          <HoursRow
            key={index}
            day={day}
            rule={rule}
            problem={ruleProblem(rules, index)}
            onChange={(changed) => {
              onChange(rules.with(index, changed));
            }}
            onRemove={() => {
              onChange(rules.toSpliced(index, 1));
            }}
          />
        ))}
      </Stack>
      <Button
        startIcon={<Icon path={mdiPlus} />}
        aria-label={t("availability.addFor", { day })}
        onClick={onAdd}
        sx={{ gridRow: 1, gridColumn: { xs: 2, sm: 3 }, alignSelf: "start", px: 1.5 }}
      >
        {t("availability.add")}
      </Button>
    </Box>
  );
}
