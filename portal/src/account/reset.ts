// The page to choose a new password with a code from an email.

import REQUEST from "../../documents/request-password-reset.graphql?raw";
import RESET from "../../documents/reset-password.graphql?raw";
import { byMail } from "./steps";

byMail(REQUEST, RESET);
