/** A password, hidden until asked to be shown. */

import { Checkbox, FormControlLabel, Stack } from "@mui/material";
import { type ComponentProps, useState } from "react";
import type { FieldValues } from "react-hook-form";
import { useTranslation } from "react-i18next";

import { FormField } from "./FormField";

export function PasswordField<Fields extends FieldValues>(props: ComponentProps<typeof FormField<Fields>>) {
  const { t } = useTranslation();
  const [isShown, setShown] = useState(false);
  return (
    <Stack>
      <FormField {...props} type={isShown ? "text" : "password"} autoComplete="current-password" />
      <FormControlLabel
        sx={{ minHeight: 44, alignSelf: "flex-start" }}
        label={t("signIn.showPassword")}
        control={
          <Checkbox
            checked={isShown}
            onChange={(event) => {
              setShown(event.target.checked);
            }}
          />
        }
      />
    </Stack>
  );
}
