/** The running visit: people, controls, and what goes on with the connection. */

import type { Outcome, ViewSize } from "@bedside/sdk";
import { Alert, Box, useMediaQuery, useTheme } from "@mui/material";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Person } from "../api/model";
import { AskedNotice } from "./AskedNotice";
import { ChatPanel } from "./chat/ChatPanel";
import { useUnread } from "./chat/use-unread";
import { ConfirmDialog } from "./ConfirmDialog";
import { ConnectionNotice } from "./ConnectionNotice";
import { Controls } from "./Controls";
import { DevicesDialog } from "./DevicesDialog";
import { DoorNotice } from "./DoorNotice";
import type { Admission } from "./gate";
import { LocalProblems } from "./LocalProblems";
import { ModerationToast } from "./ModerationToast";
import { PeopleDialog } from "./PeopleDialog";
import { useShortcuts } from "./shortcuts";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { Sounds } from "./Sounds";
import { Stage } from "./Stage";
import { useCallView } from "./use-call";
import { useCallAnnouncements } from "./use-call-announcements";
import { useKeptFocus } from "./use-kept-focus";
import { useModerationNotices } from "./use-moderation-notices";
import { useNames } from "./use-names";
import { useVideoNotices } from "./use-video-notices";
import { useWakeLock } from "./use-wake-lock";
import { WaitingRoom } from "./WaitingRoom";

type Panel = "people" | "devices" | "shortcuts" | "end" | null;

export function CallScreen({
  admission: { call, people, speakerId: firstSpeakerId },
  people: askPeople,
  onEnded,
}: {
  admission: Admission & { speakerId: string | null };
  people: () => Promise<Person[]>;
  onEnded: (outcome: Outcome) => void;
}) {
  const { t } = useTranslation();
  const view = useCallView(call);
  const [panel, setPanel] = useState<Panel>(null);
  const [speakerId, setSpeakerId] = useState(firstSpeakerId);
  // Who has written something and left has a name, too.
  const authors = [...new Set(view.chat.messages.map(({ seat }) => seat))].join(" ");
  const seats = useMemo(
    () => [
      ...[...view.participants, ...view.waiting].map(({ seat }) => seat),
      ...authors.split(" ").filter((seat) => seat !== "" && seat !== view.seat),
    ],
    [view.participants, view.waiting, view.seat, authors],
  );
  const names = useNames(people, seats, askPeople);
  const { nameOf } = names;
  const noticeOf = useVideoNotices(call);
  useCallAnnouncements(call, view, names, noticeOf);
  const moderation = useModerationNotices(call, view, names);
  const setView = useCallback(
    (slotId: string, size: ViewSize) => {
      call.setView(slotId, size);
    },
    [call],
  );
  useWakeLock();
  const [wantsChat, setWantsChat] = useState(false);
  // Who waits to be let in neither writes nor reads.
  const isChatOpen = wantsChat && !view.isWaiting;
  // On a narrow window it lies over the people.
  const isNarrow = useMediaQuery(useTheme().breakpoints.down("md"));
  const unread = useUnread(view, nameOf, isChatOpen);
  const heading = useRef<HTMLHeadingElement>(null);
  // The page changed under the join button: a screen reader starts here, and Tab goes on to the controls.
  useEffect(() => {
    heading.current?.focus();
  }, []);
  useKeptFocus(heading);
  useEffect(() => {
    if (view.outcome !== null) onEnded(view.outcome);
  }, [view.outcome, onEnded]);

  const actions = {
    microphone: () => void call.setMicrophoneOn(!view.microphone.isOn),
    camera: () => void call.setCameraOn(!view.camera.isOn),
    screen: () => void call.setScreenOn(!view.screen.isOn),
    chat: () => {
      if (!view.isWaiting) setWantsChat((isOpen) => !isOpen);
    },
    people: () => {
      setPanel("people");
    },
    devices: () => {
      setPanel("devices");
    },
    shortcuts: () => {
      setPanel("shortcuts");
    },
    leave: () => {
      call.leave();
    },
  };
  useShortcuts(actions);
  const close = () => {
    setPanel(null);
  };

  return (
    <Box
      sx={{
        position: "fixed",
        inset: 0,
        display: "flex",
        flexDirection: "column",
        bgcolor: "background.default",
      }}
    >
      <Box
        component="h1"
        ref={heading}
        tabIndex={-1}
        sx={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)", m: 0 }}
      >
        {t("visit.title")}
      </Box>
      <ConnectionNotice view={view} />
      <LocalProblems view={view} />
      <ModerationToast text={moderation.text} onClose={moderation.clear} />
      {view.isRecorded && (
        <Alert severity="warning" role="none" sx={{ borderRadius: 0, flexShrink: 0 }}>
          {t("visit.moderation.recorded")}
        </Alert>
      )}
      <AskedNotice call={call} view={view} nameOf={nameOf} />
      <DoorNotice call={call} waiting={view.waiting} nameOf={nameOf} />
      {view.isWaiting ? (
        <WaitingRoom view={view} />
      ) : (
        <Box sx={{ position: "relative", display: "flex", flexGrow: 1, minHeight: 0 }}>
          <Stage
            call={call}
            view={view}
            nameOf={nameOf}
            noticeOf={noticeOf}
            setView={setView}
            isCovered={isChatOpen && isNarrow}
          />
          {isChatOpen && (
            <ChatPanel
              call={call}
              view={view}
              nameOf={nameOf}
              onClose={() => {
                setWantsChat(false);
              }}
            />
          )}
        </Box>
      )}
      <Sounds slots={view.slots} speakerId={speakerId} />
      <Controls
        view={view}
        unread={unread}
        isChatOpen={isChatOpen}
        actions={actions}
        onEnd={() => {
          setPanel("end");
        }}
      />
      {panel === "people" && <PeopleDialog call={call} view={view} nameOf={nameOf} onClose={close} />}
      {panel === "devices" && (
        <DevicesDialog
          call={call}
          view={view}
          speakerId={speakerId}
          onSpeaker={setSpeakerId}
          onClose={close}
        />
      )}
      {panel === "shortcuts" && <ShortcutsDialog onClose={close} />}
      {panel === "end" && (
        <ConfirmDialog
          title={t("visit.endTitle")}
          text={t("visit.endText")}
          confirm={t("visit.endConfirm")}
          onConfirm={() => {
            close();
            call.endForAll();
          }}
          onClose={close}
        />
      )}
    </Box>
  );
}
