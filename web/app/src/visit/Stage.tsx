/** The people and screens of the visit, as large as the window allows. */

import type { Call, CallView, Slot } from "@bedside/sdk";
import { Box } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Alone } from "./Alone";
import { ModerateMenu } from "./ModerateMenu";
import { SelfTile } from "./SelfTile";
import { facesLayout, screensLayout, stageLayout } from "./stage-layout";
import { type SetView, Tile } from "./Tile";
import type { NameOf } from "./use-names";
import { usePageShown } from "./use-page-shown";
import type { NoticeOf } from "./use-video-notices";

export function Stage({
  call,
  view,
  nameOf,
  noticeOf,
  setView,
  isCovered,
}: {
  call: Call;
  view: CallView;
  nameOf: NameOf;
  noticeOf: NoticeOf;
  setView: SetView;
  /** Something lies over it: nothing in it is reached by a key. */
  isCovered: boolean;
}) {
  const { t } = useTranslation();
  const isPageShown = usePageShown();
  const { slots, speakers, quality } = view;
  const screens = slots.filter(({ kind }) => kind === "screen");
  const faces = slots.filter(({ kind }) => kind === "camera");
  const hasScreen = screens.length > 0;
  // With one other, the own picture lies small in the corner; with more, it is one among them.
  const isSelfAmong = hasScreen || faces.length > 1;
  const tile = (slot: Slot) => (
    <Tile
      key={slot.id}
      slot={slot}
      name={nameOf(slot)}
      isSpeaking={slot.kind === "camera" && speakers.includes(slot.seat)}
      quality={quality.get(slot.seat) ?? null}
      notice={noticeOf(slot)}
      isPageShown={isPageShown}
      setView={setView}
      menu={
        slot.kind === "camera" && (
          <ModerateMenu call={call} view={view} seat={slot.seat} name={nameOf(slot)} isOnPicture />
        )
      }
    />
  );

  return (
    <Box component="section" aria-label={t("visit.stage")} inert={isCovered} sx={stageLayout(hasScreen)}>
      {slots.length === 0 && <Alone state={view.state} />}
      {hasScreen && <Box sx={screensLayout}>{screens.map(tile)}</Box>}
      {faces.length > 0 && (
        <Box sx={facesLayout(faces.length + (isSelfAmong ? 1 : 0), hasScreen)}>
          {faces.map(tile)}
          {isSelfAmong && <SelfTile view={view} isInCorner={false} />}
        </Box>
      )}
      {!isSelfAmong && <SelfTile view={view} isInCorner />}
    </Box>
  );
}
