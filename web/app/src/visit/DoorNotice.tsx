/** To a moderator: who waits to be let in, and the two answers. */

import type { Call, Waiting } from "@bedside/sdk";
import { Box, Button, List, ListItem, Typography } from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import type { NameOf } from "./use-names";

export function DoorNotice({
  call,
  waiting,
  nameOf,
}: {
  call: Call;
  waiting: readonly Waiting[];
  nameOf: NameOf;
}) {
  const { t } = useTranslation();
  const titleId = useId();
  if (waiting.length === 0) return null;
  return (
    <Box component="section" aria-labelledby={titleId} sx={NOTICE}>
      <Typography id={titleId} variant="h3" component="h2">
        {t("visit.moderation.door.title")}
      </Typography>
      <List disablePadding>
        {waiting.map((one) => {
          const { seat } = one;
          const name = nameOf(one);
          return (
            <ListItem key={seat} disableGutters sx={{ gap: 1, flexWrap: "wrap" }}>
              <Typography sx={{ flexGrow: 1, overflowWrap: "anywhere" }}>{name}</Typography>
              <Button
                variant="contained"
                aria-label={t("visit.moderation.door.admitName", { name })}
                onClick={() => {
                  call.moderate({ kind: "admit", seat });
                }}
              >
                {t("visit.moderation.door.admit")}
              </Button>
              <Button
                aria-label={t("visit.moderation.door.turnAwayName", { name })}
                onClick={() => {
                  call.moderate({ kind: "turn_away", seat });
                }}
              >
                {t("visit.moderation.door.turnAway")}
              </Button>
            </ListItem>
          );
        })}
      </List>
    </Box>
  );
}

/** Above the people, who move down: nobody is covered, and it stays until there is an answer. */
const NOTICE = {
  flexShrink: 0,
  maxHeight: "30%",
  overflowY: "auto",
  px: 2,
  py: 1,
  bgcolor: "background.paper",
  borderBottom: 1,
  borderColor: "divider",
};
