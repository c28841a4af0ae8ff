/** The first stop of the Tab key: past the menu. */

import { Link } from "@mui/material";
import { useTranslation } from "react-i18next";

export function SkipLink() {
  const { t } = useTranslation();
  return (
    <Link
      href="#content"
      sx={{
        position: "absolute",
        insetInlineStart: 8,
        top: -80,
        zIndex: "tooltip",
        p: 1.5,
        bgcolor: "background.paper",
        borderRadius: 1,
        "&:focus": { top: 8 },
      }}
    >
      {t("app.skip")}
    </Link>
  );
}
