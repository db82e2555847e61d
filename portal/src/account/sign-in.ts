// The page to sign in with a password.

import SIGN_IN from "../../documents/sign-in.graphql?raw";
import { startSession } from "./steps";

startSession("sign-in-form", SIGN_IN);
