/** A week of days, and the weeks before and after. */

import { mdiChevronLeft, mdiChevronRight } from "@mdi/js";
import { Box, IconButton, Stack, ToggleButton, Typography } from "@mui/material";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { useTimes } from "../time/use-times";
import { startOfDay } from "../time/zone";
import type { Day } from "./booking";

const DAYS_SHOWN = 7;

export function DayPicker({
  days,
  chosen,
  onChoose,
}: {
  days: readonly Day[];
  chosen: string;
  onChoose: (key: string) => void;
}) {
  const { t } = useTranslation();
  const times = useTimes();
  const titleId = useId();
  const [page, setPage] = useState(() =>
    Math.max(0, Math.floor(days.findIndex(({ key }) => key === chosen) / DAYS_SHOWN)),
  );
  const lastPage = Math.ceil(days.length / DAYS_SHOWN) - 1;
  const shown = days.slice(page * DAYS_SHOWN, (page + 1) * DAYS_SHOWN);

  return (
    <Box component="section" aria-labelledby={titleId}>
      <Stack direction="row" sx={{ alignItems: "center", justifyContent: "space-between", mb: 1 }}>
        <Typography id={titleId} variant="h2">
          {t("book.days")}
        </Typography>
        <Stack direction="row">
          <IconButton
            aria-label={t("book.earlier")}
            disabled={page === 0}
            onClick={() => {
              setPage(page - 1);
            }}
          >
            <Icon path={mdiChevronLeft} />
          </IconButton>
          <IconButton
            aria-label={t("book.later")}
            disabled={page === lastPage}
            onClick={() => {
              setPage(page + 1);
            }}
          >
            <Icon path={mdiChevronRight} />
          </IconButton>
        </Stack>
      </Stack>
      <Box
        role="group"
        aria-labelledby={titleId}
        sx={{ display: "grid", gap: 1, gridTemplateColumns: "repeat(auto-fill, minmax(96px, 1fr))" }}
      >
        {shown.map(({ key, slots }) => {
          const start = startOfDay(key, times.zone);
          return (
            <ToggleButton
              key={key}
              value={key}
              selected={key === chosen}
              disabled={slots.length === 0}
              color="primary"
              onClick={() => {
                onChoose(key);
              }}
              sx={{ flexDirection: "column", bgcolor: "background.paper", py: 1, lineHeight: 1.35 }}
            >
              <Box component="span">{times.weekday(start)}</Box>
              <Box component="span" sx={{ fontWeight: 650, fontSize: "1.0625rem" }}>
                {times.shortDay(start)}
              </Box>
              <Box component="span" sx={{ fontSize: "0.8125rem", fontWeight: 400 }}>
                {slots.length === 0 ? t("book.noneThatDay") : t("book.free", { count: slots.length })}
              </Box>
            </ToggleButton>
          );
        })}
      </Box>
    </Box>
  );
}
