/** Opens and closes the chat, and tells how much in it is new. */

import { mdiMessageBadgeOutline, mdiMessageOutline } from "@mdi/js";
import { Badge } from "@mui/material";
import { useTranslation } from "react-i18next";

import { ControlButton } from "../ControlButton";

export function ChatButton({
  unread,
  isOpen,
  onClick,
}: {
  unread: number;
  isOpen: boolean;
  onClick: () => void;
}) {
  const { t } = useTranslation();
  return (
    <Badge
      badgeContent={unread}
      max={99}
      color="error"
      overlap="rectangular"
      // The button says it.
      slotProps={{ badge: { "aria-hidden": true } }}
      sx={{ "& > .MuiBadge-badge": { top: 10, right: { xs: "30%", sm: 26 } }, "& > button": { width: 1 } }}
    >
      <ControlButton
        icon={unread > 0 ? mdiMessageBadgeOutline : mdiMessageOutline}
        label={t("visit.chat.title")}
        {...(unread > 0 && { name: t("visit.chat.open", { count: unread }) })}
        shortcut="chat"
        isExpanded={isOpen}
        onClick={onClick}
      />
    </Badge>
  );
}
