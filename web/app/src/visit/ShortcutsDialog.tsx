/** The keys of the visit. */

import {
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  Table,
  TableBody,
  TableCell,
  TableRow,
} from "@mui/material";
import { useId } from "react";
import { useTranslation } from "react-i18next";

import { type Shortcut, SHORTCUTS } from "./shortcuts";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const titleId = useId();
  const words: Record<Shortcut, string> = {
    microphone: `${t("visit.mute")} / ${t("visit.unmute")}`,
    camera: `${t("visit.cameraStop")} / ${t("visit.cameraStart")}`,
    screen: `${t("visit.shareStart")} / ${t("visit.shareStop")}`,
    chat: t("visit.chat.title"),
    people: t("visit.people"),
    devices: t("visit.devices"),
    shortcuts: t("visit.shortcutsTitle"),
    leave: t("visit.leave"),
  };
  return (
    <Dialog open onClose={onClose} aria-labelledby={titleId} fullWidth maxWidth="xs">
      <DialogTitle id={titleId}>{t("visit.shortcutsTitle")}</DialogTitle>
      <DialogContent>
        <Table aria-labelledby={titleId}>
          <TableBody>
            {Object.entries(SHORTCUTS).map(([name, { keys }]) => (
              <TableRow key={name}>
                <TableCell component="th" scope="row">
                  {words[name as Shortcut]}
                </TableCell>
                <TableCell align="right">
                  <kbd>{keys}</kbd>
                </TableCell>
              </TableRow>
            ))}
          </TableBody>
        </Table>
      </DialogContent>
      <DialogActions>
        <Button onClick={onClose}>{t("action.close")}</Button>
      </DialogActions>
    </Dialog>
  );
}
