"""The fuzzer of the SMTP door, by purpose; `./dev fuzz smtp` (bench/fuzz.py) puts it together.

words      what clients say: dialogues and pieces; a new command is added there
doors      what they say it to: settings and kinds of session; a new listener is added there
scripts    a script and its mutations
code_paths which lines of the door a script ran
tls_client the client's end of STARTTLS
below      journal and directory under a session, failing now and then
range      run one script in virtual time, and judge it
decoders   the decoders of DATA and BDAT against obvious references
corpus     scripts on disk: kept ones, found ones, the smallest few that cover the most
"""
