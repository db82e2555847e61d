// The page to sign up: it verifies an address by email, then creates the user.

import COMPLETE from "../../documents/complete-sign-up.graphql?raw";
import SIGN_UP from "../../documents/sign-up.graphql?raw";
import { byMail } from "./steps";

byMail(SIGN_UP, COMPLETE);
