/** Nothing is booked: the way to book. */

import { mdiCalendarPlus } from "@mdi/js";
import { Button, Card, Typography } from "@mui/material";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";

import { Icon } from "../layout/Icon";

export function NoVisit() {
  const { t } = useTranslation();
  return (
    <Card sx={{ p: { xs: 2.5, sm: 3.5 } }}>
      <Typography variant="h2" gutterBottom>
        {t("visits.none")}
      </Typography>
      <Typography color="text.secondary" sx={{ mb: 2.5 }}>
        {t("visits.noneLead")}
      </Typography>
      <Button
        component={Link}
        to="/book"
        variant="contained"
        size="large"
        startIcon={<Icon path={mdiCalendarPlus} />}
      >
        {t("visits.book")}
      </Button>
    </Card>
  );
}
