/** Settings and sign-out, behind the own name. */

import { mdiAccountCircleOutline, mdiCogOutline, mdiLogout } from "@mdi/js";
import { Button, ListItemIcon, ListItemText, Menu, MenuItem, Snackbar } from "@mui/material";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { ErrorNotice } from "../errors/ErrorNotice";
import { useAccount, useSignOut } from "../session/session";
import { Icon } from "./Icon";
import { SettingsDialog } from "./SettingsDialog";

export function AccountMenu() {
  const { t } = useTranslation();
  const account = useAccount();
  const signOut = useMutation({ mutationFn: useSignOut() });
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [isEditing, setEditing] = useState(false);
  const close = () => {
    setAnchor(null);
  };

  return (
    <>
      <Button
        color="inherit"
        aria-label={t("account.menu", { name: account.name })}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        startIcon={<Icon path={mdiAccountCircleOutline} />}
        onClick={(event) => {
          setAnchor(event.currentTarget);
        }}
        sx={{
          ml: "auto",
          px: 1.5,
          maxWidth: { xs: 190, sm: 280 },
          fontWeight: 500,
          lineHeight: 1.2,
          textAlign: "start",
        }}
      >
        {account.name}
      </Button>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={close}>
        <MenuItem
          onClick={() => {
            close();
            setEditing(true);
          }}
        >
          <ListItemIcon>
            <Icon path={mdiCogOutline} />
          </ListItemIcon>
          <ListItemText>{t("account.settings")}</ListItemText>
        </MenuItem>
        <MenuItem
          onClick={() => {
            close();
            signOut.mutate();
          }}
        >
          <ListItemIcon>
            <Icon path={mdiLogout} />
          </ListItemIcon>
          <ListItemText>{t("account.signOut")}</ListItemText>
        </MenuItem>
      </Menu>
      <Snackbar open={signOut.isError} anchorOrigin={{ vertical: "top", horizontal: "center" }}>
        <div>
          <ErrorNotice
            error={signOut.error}
            onRetry={() => {
              signOut.mutate();
            }}
          />
        </div>
      </Snackbar>
      {isEditing && (
        <SettingsDialog
          onClose={() => {
            setEditing(false);
          }}
        />
      )}
    </>
  );
}
