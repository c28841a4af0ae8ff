/** The visit is over for this page: why, and what one can do. */

import type { Outcome } from "@bedside/sdk";
import { Button, Card, Stack, Typography } from "@mui/material";
import { useContext } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { PageTitle } from "../layout/PageTitle";
import { AccountContext } from "../session/session";

/** After these one may try again. */
const CAN_COME_BACK: readonly Outcome["kind"][] = ["left", "replaced", "full", "turned_away", "locked"];

function textOf(outcome: Outcome) {
  return outcome.kind === "ended" && outcome.reason === "ended_by_clinic" ? "by_clinic" : outcome.kind;
}

export function EndedScreen({ outcome, onAgain }: { outcome: Outcome; onAgain: () => void }) {
  const { t } = useTranslation();
  const hasAccount = useContext(AccountContext) !== null;
  const text = textOf(outcome);
  const canComeBack = CAN_COME_BACK.includes(outcome.kind);
  return (
    <Card sx={{ p: { xs: 2.5, sm: 4 }, maxWidth: 560, mx: "auto", mt: { xs: 2, sm: 8 } }}>
      <PageTitle>{t(`ended.${text}.title`)}</PageTitle>
      <Typography>{t(`ended.${text}.text`)}</Typography>
      {(canComeBack || hasAccount) && (
        <Stack direction={{ xs: "column", sm: "row" }} spacing={1.5} sx={{ mt: 3 }}>
          {canComeBack && (
            <Button variant="contained" onClick={onAgain}>
              {t("ended.again")}
            </Button>
          )}
          {hasAccount && (
            <Button component={Link} to="/" variant={canComeBack ? "outlined" : "contained"}>
              {t("action.home")}
            </Button>
          )}
        </Stack>
      )}
    </Card>
  );
}
