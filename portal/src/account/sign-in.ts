// The page to sign in with a password.

import { startSession } from "./steps";

startSession("sign-in-form", "signIn");
