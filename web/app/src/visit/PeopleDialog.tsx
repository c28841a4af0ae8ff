/** Everybody in the visit, in words; for a moderator with what they can do. */

import type { Call, CallView } from "@bedside/sdk";
import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  List,
  ListItem,
  ListItemText,
} from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import { LockSwitch } from "./LockSwitch";
import { ModerateMenu } from "./ModerateMenu";
import type { NameOf } from "./use-names";
import { useQualityWords } from "./use-quality-words";

export function PeopleDialog({
  call,
  view,
  nameOf,
  onClose,
}: {
  call: Call;
  view: CallView;
  nameOf: NameOf;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const words = useQualityWords();
  const titleId = useId();
  const { seat, role, participants, microphone, camera, quality, slots } = view;
  const facts = (of: string, name: string, isMuted: boolean, isCameraOff: boolean, isConnected = true) => {
    const known = quality.get(of);
    const connection = known === undefined ? "" : words(known, of === seat ? null : name);
    return [
      isMuted && t("visit.muted"),
      isCameraOff && t("visit.cameraOff"),
      isConnected ? connection : t("visit.lost"),
    ].filter((fact) => typeof fact === "string" && fact !== "");
  };
  const others = slots.filter(({ kind }) => kind === "camera");

  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visit.peopleTitle", { count: participants.length + 1 })}</DialogTitle>
      <DialogContent>
        <List disablePadding>
          {seat !== null && role !== null && (
            <ListItem disableGutters>
              <ListItemText
                primary={t("visit.you")}
                secondary={[
                  t(`role.${role}`),
                  ...facts(seat, t("visit.you"), !microphone.isOn, !camera.isOn),
                ].join(" · ")}
              />
            </ListItem>
          )}
          {others.map((slot) => (
            <ListItem
              key={slot.id}
              disableGutters
              secondaryAction={<ModerateMenu call={call} view={view} seat={slot.seat} name={nameOf(slot)} />}
            >
              <ListItemText
                primary={nameOf(slot)}
                secondary={[
                  t(`role.${slot.role}`),
                  ...facts(slot.seat, nameOf(slot), slot.isMuted, slot.video === null, slot.isConnected),
                ].join(" · ")}
              />
            </ListItem>
          ))}
        </List>
        {view.permissions?.moderate === true && <LockSwitch call={call} isLocked={view.isLocked} />}
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
