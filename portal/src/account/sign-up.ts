// The page to sign up: it verifies an address by email, then creates the user.

import { byMail } from "./steps";

byMail("signUp", "completeSignUp");
