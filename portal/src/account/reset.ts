// The page to choose a new password with a code from an email.

import { byMail } from "./steps";

byMail("requestPasswordReset", "resetPassword");
