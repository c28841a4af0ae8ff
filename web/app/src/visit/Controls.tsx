/** The controls of a visit: large, named, with their keys. */

import { canShareScreen, type CallView } from "@bedside/sdk";
import {
  mdiAccountGroupOutline,
  mdiCogOutline,
  mdiExitToApp,
  mdiKeyboardOutline,
  mdiMicrophone,
  mdiMicrophoneOff,
  mdiMonitorOff,
  mdiMonitorShare,
  mdiPhoneHangup,
  mdiVideo,
  mdiVideoOff,
} from "@mdi/js";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { ChatButton } from "./chat/ChatButton";
import { ControlButton } from "./ControlButton";
import type { Shortcut } from "./shortcuts";

export function Controls({
  view: { microphone, camera, screen, permissions, isWaiting },
  unread,
  isChatOpen,
  actions,
  onEnd,
}: {
  view: CallView;
  /** Texts that were not looked at. */
  unread: number;
  isChatOpen: boolean;
  actions: Record<Shortcut, () => void>;
  onEnd: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Box
      component="section"
      aria-label={t("visit.controls")}
      sx={{
        display: "grid",
        justifyContent: { sm: "center" },
        gap: { xs: 0.25, sm: 1 },
        gridAutoFlow: "column",
        gridAutoColumns: { xs: "minmax(0, 1fr)", sm: "auto" },
        px: { xs: 0.5, sm: 1 },
        py: 1,
        bgcolor: "background.paper",
        borderTop: 1,
        borderColor: "divider",
      }}
    >
      <ControlButton
        icon={microphone.isOn ? mdiMicrophone : mdiMicrophoneOff}
        label={microphone.isOn ? t("visit.mute") : t("visit.unmute")}
        shortcut="microphone"
        isAllowed={permissions?.audio !== false}
        isOff={!microphone.isOn}
        onClick={actions.microphone}
      />
      <ControlButton
        icon={camera.isOn ? mdiVideo : mdiVideoOff}
        label={camera.isOn ? t("visit.cameraStop") : t("visit.cameraStart")}
        shortcut="camera"
        isAllowed={permissions?.video !== false}
        isOff={!camera.isOn}
        onClick={actions.camera}
      />
      {canShareScreen() && (
        <ControlButton
          icon={screen.isOn ? mdiMonitorOff : mdiMonitorShare}
          label={screen.isOn ? t("visit.shareStop") : t("visit.shareStart")}
          shortcut="screen"
          isAllowed={permissions?.screen !== false}
          isActive={screen.isOn}
          // Phones cannot; a window as narrow has the key.
          isWideOnly={!screen.isOn}
          onClick={actions.screen}
        />
      )}
      {!isWaiting && <ChatButton unread={unread} isOpen={isChatOpen} onClick={actions.chat} />}
      <ControlButton
        icon={mdiAccountGroupOutline}
        label={t("visit.people")}
        shortcut="people"
        onClick={actions.people}
      />
      <ControlButton
        icon={mdiCogOutline}
        label={t("visit.devices")}
        shortcut="devices"
        onClick={actions.devices}
      />
      <ControlButton
        icon={mdiKeyboardOutline}
        label={t("visit.shortcuts")}
        shortcut="shortcuts"
        // A phone has no keys, and no room; Alt+K opens the list all the same.
        isWideOnly
        onClick={actions.shortcuts}
      />
      <ControlButton
        icon={mdiExitToApp}
        label={t("visit.leave")}
        shortcut="leave"
        colour="error"
        onClick={actions.leave}
      />
      {permissions?.end === true && (
        <ControlButton icon={mdiPhoneHangup} label={t("visit.end")} colour="error" onClick={onEnd} />
      )}
    </Box>
  );
}
