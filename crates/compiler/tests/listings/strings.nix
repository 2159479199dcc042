a: [ "${a}" "x${a}y${a 1}" ./x/${a} /x-${a}/y ~/z${a} ./.-${a} __curPos "a${"b"}" ]
