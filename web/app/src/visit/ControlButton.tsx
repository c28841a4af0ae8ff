/** One control: a symbol over its name, large enough for any finger. */

import { Button } from "@mui/material";
import { useTranslation } from "react-i18next";

import { Icon } from "../layout/Icon";
import { type Shortcut, SHORTCUTS } from "./shortcuts";

export function ControlButton({
  icon,
  label,
  name,
  shortcut,
  isOff = false,
  isActive = false,
  isWideOnly = false,
  isAllowed = true,
  isExpanded,
  colour = "inherit",
  onClick,
}: {
  icon: string;
  label: string;
  /** What it is called where that says more than the label. */
  name?: string;
  shortcut?: Shortcut;
  /** Something of mine is off: shown by the crossed symbol, the word and a border. */
  isOff?: boolean;
  isActive?: boolean;
  isWideOnly?: boolean;
  /** False while a moderator has taken it away. */
  isAllowed?: boolean;
  /** Of a button that opens and closes something beside it. */
  isExpanded?: boolean;
  colour?: "inherit" | "error";
  onClick: () => void;
}) {
  const { t } = useTranslation();
  const keys = shortcut && SHORTCUTS[shortcut].keys;
  const title = isAllowed ? keys && `${label} (${keys})` : t("visit.moderation.notAllowed");
  return (
    <Button
      color={isActive ? "primary" : colour}
      variant={isActive ? "contained" : isOff ? "outlined" : "text"}
      // Not `disabled`: who has the focus here keeps it, and reads why.
      aria-disabled={!isAllowed}
      disableRipple={!isAllowed}
      onClick={isAllowed ? onClick : undefined}
      aria-label={name}
      aria-expanded={isExpanded}
      {...(isAllowed && keys && { "aria-keyshortcuts": keys })}
      {...(title && { title })}
      sx={{
        display: { xs: isWideOnly ? "none" : "inline-flex", sm: "inline-flex" },
        flexDirection: "column",
        gap: 0.25,
        minWidth: { xs: 0, sm: 92 },
        minHeight: 60,
        px: { xs: 0.25, sm: 0.75 },
        py: 0.75,
        fontSize: { xs: "0.75rem", sm: "0.875rem" },
        // Seven of them stand side by side on a phone of 360 px.
        fontWeight: { xs: 500, sm: 600 },
        letterSpacing: { xs: "-0.01em", sm: 0 },
        lineHeight: 1.2,
        "&[aria-disabled=true]": {
          color: "text.disabled",
          borderColor: "action.disabled",
          bgcolor: "transparent",
          cursor: "not-allowed",
        },
      }}
    >
      <Icon path={icon} />
      {label}
    </Button>
  );
}
