/** The other languages, for somebody without an account. Each is named in itself. */

import { Button, Stack } from "@mui/material";
import { useTranslation } from "react-i18next";

import { LANGUAGES } from "../i18n/i18n";

export function LanguageSwitch() {
  const { i18n } = useTranslation();
  return (
    <Stack direction="row">
      {Object.entries(LANGUAGES)
        .filter(([code]) => code !== i18n.language)
        .map(([code, name]) => (
          <Button key={code} lang={code} onClick={() => void i18n.changeLanguage(code)}>
            {name}
          </Button>
        ))}
    </Stack>
  );
}
