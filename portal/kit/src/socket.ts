export { webSocket } from "@crossgate/client/websocket";
