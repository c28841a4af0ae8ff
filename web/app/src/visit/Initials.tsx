/** In place of a picture. */

import { Avatar, Stack, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";

/** "Dr. Jane van Doe" → "JD": of the first and last part that begins with a capital letter and is no title. */
export function initialsOf(name: string): string {
  const parts = name.split(/\s+/).filter((part) => /^\p{L}/u.test(part) && !part.endsWith("."));
  const letters = [parts.at(0), parts.length > 1 ? parts.at(-1) : undefined].map(
    (part) => part?.charAt(0) ?? "",
  );
  return letters.join("").toUpperCase();
}

export function Initials({ name, isOff = true }: { name: string; isOff?: boolean }) {
  const { t } = useTranslation();
  return (
    <Stack sx={{ height: "100%", alignItems: "center", justifyContent: "center", gap: 1 }}>
      <Avatar
        aria-hidden
        sx={{ width: 72, height: 72, bgcolor: "primary.main", fontSize: "1.5rem", fontWeight: 600 }}
      >
        {initialsOf(name)}
      </Avatar>
      {isOff && <Typography variant="body2">{t("visit.cameraOff")}</Typography>}
    </Stack>
  );
}
