/** The weekly hours of the practitioner: changing them. */

import { Alert, Button, Card, Stack, Typography } from "@mui/material";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";

import { replaceAvailability } from "../api/endpoints";
import type { Availability, AvailabilityRule } from "../api/model";
import { ErrorNotice } from "../errors/ErrorNotice";
import { useAnnounce } from "../layout/announcer";
import { FormField } from "../layout/FormField";
import { zoneName } from "../time/zone";
import { nextRule, ruleProblem, sorted, WEEKDAYS } from "./availability";
import { AVAILABILITY_KEY } from "./AvailabilityPage";
import { DayHours } from "./DayHours";

/** The control plane's own bounds. */
const VISIT_MINUTES_MAX = 480;
const BUFFER_MINUTES_MAX = 240;

/** What the fields hold: a number field holds text while somebody types. */
interface Fields {
  visitMinutes: string;
  bufferMinutes: string;
  rules: AvailabilityRule[];
}

function fieldsOf(availability: Availability): Fields {
  const { visit_minutes: visit, buffer_minutes: buffer, rules } = sorted(availability);
  return { visitMinutes: String(visit), bufferMinutes: String(buffer), rules };
}

export function AvailabilityForm({ availability }: { availability: Availability }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const client = useQueryClient();
  const { control, handleSubmit, setValue } = useForm<Fields>({ defaultValues: fieldsOf(availability) });
  const rules = useWatch({ control, name: "rules" });
  const hasProblem = rules.some((_, index) => ruleProblem(rules, index) !== null);
  const save = useMutation({
    mutationFn: ({ visitMinutes, bufferMinutes, rules: chosen }: Fields) =>
      replaceAvailability({
        time_zone: availability.time_zone,
        visit_minutes: Number(visitMinutes),
        buffer_minutes: Number(bufferMinutes),
        rules: chosen,
      }),
    onSuccess: (saved) => {
      client.setQueryData(AVAILABILITY_KEY, saved);
      announce(t("availability.saved"));
    },
  });
  const setRules = (changed: AvailabilityRule[]) => {
    save.reset();
    setValue("rules", changed);
  };
  const within = (min: number, max: number, text: string) => ({
    validate: (value: unknown) => (Number(value) >= min && Number(value) <= max) || text,
  });

  return (
    <Stack
      component="form"
      noValidate
      spacing={3}
      onSubmit={handleSubmit((fields) => {
        if (!hasProblem) save.mutate(fields);
      })}
    >
      <Typography color="text.secondary">
        {t("availability.lead", { zone: zoneName(availability.time_zone) })}
      </Typography>
      <Stack direction={{ xs: "column", sm: "row" }} spacing={2}>
        <FormField
          control={control}
          name="visitMinutes"
          type="number"
          label={t("availability.visitMinutes")}
          rules={within(5, VISIT_MINUTES_MAX, t("availability.visitRange"))}
        />
        <FormField
          control={control}
          name="bufferMinutes"
          type="number"
          label={t("availability.bufferMinutes")}
          rules={within(0, BUFFER_MINUTES_MAX, t("availability.bufferRange"))}
        />
      </Stack>
      <Card sx={{ px: { xs: 2, sm: 2.5 } }}>
        {WEEKDAYS.map((weekday) => (
          <DayHours
            key={weekday}
            weekday={weekday}
            rules={rules}
            onChange={setRules}
            onAdd={() => {
              setRules([...rules, nextRule(rules, weekday)]);
            }}
          />
        ))}
      </Card>
      {save.isError && <ErrorNotice error={save.error} />}
      {save.isSuccess && <Alert severity="success">{t("availability.saved")}</Alert>}
      <Button
        type="submit"
        variant="contained"
        size="large"
        disabled={hasProblem}
        loading={save.isPending}
        sx={{ alignSelf: { sm: "flex-start" } }}
      >
        {t("action.save")}
      </Button>
    </Stack>
  );
}
