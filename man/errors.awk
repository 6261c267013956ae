# SPDX-License-Identifier: MIT
# Makes cvmcrypt-errors(7) from what `cvmcrypt --errors` prints: number, symbol, exit status,
# retryable, text, hint; tab separated. tests/lint/update-errors runs it.
BEGIN {
	FS = "\t"
	area[1] = "Usage, configuration and boot image"
	area[2] = "Platform and devices"
	area[3] = "TPM"
	area[4] = "Event log"
	area[5] = "Refused boots and approvals"
	area[6] = "Network"
	area[7] = "Ways to the secret"
	area[8] = "LUKS2 header, record and mapping; guest state files"
	area[9] = "The program itself"
	q = "\\(aq"
	print ".\\\" SPDX-License-Identifier: MIT"
	print ".\\\" Made by man/errors.awk from src/err.def; change those and run tests/lint/update-errors."
	print ".Dd November 21, 2026"
	print ".Dt CVMCRYPT-ERRORS 7"
	print ".Os"
	print ".Sh NAME"
	print ".Nm cvmcrypt-errors"
	print ".Nd the codes of cvmcrypt's failures"
	print ".Sh DESCRIPTION"
	print "Every failure has a number, a symbol, an exit status and one sentence of advice."
	print "A number is never reused and never changes its meaning; new ones are added."
	print "A message starts with the number:"
	print ".Bd -literal -offset indent"
	print "cvmcrypt: E507 root: PCR 7 is not the enrolled value: Secure Boot was turned off"
	print ".Ed"
	print ".Pp"
	print "The result line of a volume ends with it as"
	print ".Li code=E507 ;"
	print ".Li code=E000"
	print "means that nothing failed."
	print ".Pp"
	print "At boot a failure that is marked"
	print ".Em transient"
	print "is tried again without end unless the configuration says"
	print ".Li on-transient = refuse ."
	print "All others end the boot, see"
	print ".Xr cvmcrypt-boot 7 ."
	print ".Sh EXIT STATUS"
	print ".Bl -tag -width 4n"
	print ".It 0\ndone"
	print ".It 1\ninternal error"
	print ".It 2\nusage or configuration"
	print ".It 3\nrefused"
	print ".It 4\ntransient: the same call can succeed later"
	print ".It 5\na secret was had and the volume rejected it"
	print ".It 6\nthe platform lacks what the configuration demands"
	print ".It 10, 11, 12\nof"
	print ".Xr vmgs 1 :"
	print "nothing to do or not encrypted, corrupt, wrong key"
	print ".El"
	print ".Pp"
	print "With several volumes it is that of the first one that failed."
	print ".Ic cvmcrypt verify"
	print "and"
	print ".Ic cvmcrypt inspect"
	print "(but for"
	print ".Li luks-header )"
	print "exit with 2 for input that is malformed or cannot be read, and with 3 for evidence that is refused,"
	print "whatever stands at the code."
	print ".Sh CODES"
}
function roff(s) {
	gsub(/\\/, "\\e", s)
	gsub(/--/, "\\-\\-", s)
	gsub(/'/, q, s)
	if (s ~ /^\./)
		s = "\\&" s
	return s
}
# what starts with a word gets a capital; a command or a key keeps its spelling
function sentence(s) {
	if (s ~ /^[a-z]+[ ,;:]/ && s !~ /^cvmcrypt /)
		s = toupper(substr(s, 1, 1)) substr(s, 2)
	return roff(s) "."
}
{
	n = substr($1, 2, 1)
	if (n != last) {
		if (last)
			print ".El"
		print ".Ss " area[n]
		print ".Bl -tag -width 4n"
		last = n
	}
	printf ".It Sy %s %s\n", $1, $2
	print sentence($5)
	print sentence($6)
	printf "Exit status %s%s.\n", $3, $4 ? ", transient" : ""
}
END {
	print ".El"
	print ".Sh SEE ALSO"
	print ".Xr cvmcrypt-boot 7 ,"
	print ".Xr cvmcrypt-recover 7 ,"
	print ".Xr cvmcrypt 8"
}
