// Cut first: each of the starts looks at 60 characters.
/**
 * Whether a text may have a secret, or the mark of one. Everything that `secretsIn` finds has a beginning that stands
 * here; most texts have none, and need no second look.
 */
const MAY_HAVE =
  /\[redacted: |%[0-9a-f]{2}|\bey[ja][\w-]{6}|private key|:\/\/[^\s/?#@]*@|(?:bearer|basic|digest|negotiate|token|apikey)[ \t]+[\w+/=.~-]{8}|\b(?:akia|asia|abia|acca|gh[pousr]_|github_pat_|gl[a-z]{2,5}-|xox|xapp-|[srp]k_(?:live|test)_|whsec_|sk-|aiza|ya29\.|gocspx-|npm_|pypi-|sg\.|hf_|do[opr]_v1_|shp[a-z]{2,3}_|hv[sbr]\.|dp\.|lin_api_|ntn_|pmak-|dapi|atatt3|age-secret|nrak-|gl(?:sa|c)_|cfpat-|synctrail_|sntr[a-z]{1,2}_|eaa)|hooks\.slack\.com|(?:passw(?:or)?ds?|passphrase|passcode|pwd|secret|token|jwt|cookie|credential|authorization|bearer|key|connection.?string|x-auth|session.?id|sessid|sig|signature)[\w.%\]-]{0,12}(?:\\{0,8}["'])?\s{0,5}[:=]/i;

/** What every secret has somewhere; most texts have none of it. */
const HAS_A_SIGN = /[\d:=@]|-----|[_-][A-Za-z0-9]{8}|[Bb][Ee][Aa][Rr][Ee][Rr][ \t]|[Bb][Aa][Ss][Ii][Cc][ \t]/;

/** Whether a text may have what `secretsIn` finds: a cheap test, in proportion to its length. */
export function mayHaveSecrets(text: string): boolean {
  return HAS_A_SIGN.test(text) && MAY_HAVE.test(text);
}
