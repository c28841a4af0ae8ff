/** What a moderator can do about one person. */

import type { Call, CallView, MediaPermissions, Participant, Source } from "@bedside/sdk";
import { mdiCheckboxBlankOutline, mdiCheckboxMarked, mdiDotsVertical } from "@mdi/js";
import { Divider, IconButton, ListItemIcon, ListItemText, Menu, MenuItem } from "@mui/material";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { ConfirmDialog } from "./ConfirmDialog";

const PERMISSIONS = [
  "audio",
  "video",
  "screen",
  "subscribe",
] as const satisfies readonly (keyof MediaPermissions)[];

/** Nothing for who does not moderate. `isOnPicture`: over a tile, in its colours. */
export function ModerateMenu({
  call,
  view,
  seat,
  name,
  isOnPicture = false,
}: {
  call: Call;
  view: CallView;
  seat: string;
  name: string;
  isOnPicture?: boolean;
}) {
  const { t } = useTranslation();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [isRemoving, setRemoving] = useState(false);
  const participant = view.participants.find((one) => one.seat === seat);
  if (view.permissions?.moderate !== true || participant === undefined) return null;
  const known = view.seatPermissions.get(seat);
  const close = () => {
    setAnchor(null);
  };
  const act = (order: Parameters<Call["moderate"]>[0]) => () => {
    close();
    call.moderate(order);
  };
  const isOn = (source: Source) => isActive(participant, source);
  const may = known?.permissions;
  const item = (isShown: boolean, text: string, onClick: () => void) =>
    isShown && (
      <MenuItem key={text} onClick={onClick}>
        <ListItemText>{text}</ListItemText>
      </MenuItem>
    );

  return (
    <>
      <IconButton
        aria-label={t("visit.moderation.moderate.menu", { name })}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        onClick={(event) => {
          setAnchor(event.currentTarget);
        }}
        sx={isOnPicture ? ON_PICTURE : {}}
      >
        <Icon path={mdiDotsVertical} />
      </IconButton>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close}>
        {[
          item(
            isOn("microphone"),
            t("visit.moderation.moderate.mute"),
            act({ kind: "mute", seat, source: "microphone" }),
          ),
          item(
            !isOn("microphone") && may?.audio === true,
            t("visit.moderation.moderate.askMicrophone"),
            act({ kind: "ask", seat, source: "microphone" }),
          ),
          item(
            isOn("camera"),
            t("visit.moderation.moderate.cameraOff"),
            act({ kind: "mute", seat, source: "camera" }),
          ),
          item(
            !isOn("camera") && may?.video === true,
            t("visit.moderation.moderate.askCamera"),
            act({ kind: "ask", seat, source: "camera" }),
          ),
          item(
            isOn("screen"),
            t("visit.moderation.moderate.screenOff"),
            act({ kind: "mute", seat, source: "screen" }),
          ),
        ]}
        {known?.moderated === true && [
          <Divider key="may" />,
          ...PERMISSIONS.map((permission) => (
            <MenuItem
              key={permission}
              role="menuitemcheckbox"
              aria-checked={known.permissions[permission]}
              onClick={() => {
                const permissions = { ...known.permissions, [permission]: !known.permissions[permission] };
                call.moderate({ kind: "permit", seat, permissions });
              }}
            >
              <ListItemIcon>
                <Icon path={known.permissions[permission] ? mdiCheckboxMarked : mdiCheckboxBlankOutline} />
              </ListItemIcon>
              <ListItemText>{t(`visit.moderation.moderate.may.${permission}`)}</ListItemText>
            </MenuItem>
          )),
          <Divider key="remove" />,
          item(true, t("visit.moderation.moderate.remove"), () => {
            close();
            setRemoving(true);
          }),
        ]}
      </Menu>
      {isRemoving && (
        <ConfirmDialog
          title={t("visit.moderation.remove.title", { name })}
          text={t("visit.moderation.remove.text")}
          confirm={t("visit.moderation.remove.confirm")}
          onConfirm={() => {
            setRemoving(false);
            call.moderate({ kind: "remove", seat });
          }}
          onClose={() => {
            setRemoving(false);
          }}
        />
      )}
    </>
  );
}

function isActive(participant: Participant, source: Source): boolean {
  return participant.tracks.some((track) => track.source === source && track.active);
}

const ON_PICTURE = {
  position: "absolute",
  insetInlineStart: 8,
  top: 8,
  color: "#ffffff",
  bgcolor: "rgba(16, 30, 36, 0.82)",
  "&:hover": { bgcolor: "rgba(16, 30, 36, 0.95)" },
};
