package org.understudy.server.hypervisor.libvirt;

import java.util.HexFormat;

/**
 * A guest of 512 bytes that proves that guests run: it switches to 64-bit mode with paging, asks the processor (CPUID),
 * computes 21 + 21 with SSE and writes the sum to QEMU's {@code isa-debug-exit} port, which ends QEMU with status 2·42 + 1. An
 * accelerator that only pretends fails at one of these steps: machines were met where 16-bit code ran and the first SSE
 * instruction did not.
 */
final class BootSector {

    /** Exit status of QEMU if the guest reached its end. */
    static final int EXIT_STATUS = 85;

    static final int EXIT_PORT = 0xf4;

    private static final int SIZE = 512;

    /** x86 code for address 0x7c00, where the BIOS loads it. */
    private static final String CODE = String.join(
            "",
            "fa31c08ed88ec08ed0bc007c", // cli; ds = es = ss = 0; sp = 0x7c00
            "fcbf0010b90018f3ab", // clear the page tables at 0x1000..0x4000
            "c70600100320", // PML4[0] -> 0x2000
            "c70600200330", // PDPT[0] -> 0x3000
            "c70600308300", // PD[0]: the first 2 MiB, present, writable
            "0f20e0660d200600000f22e0", // cr4 |= PAE | OSFXSR | OSXMMEXCPT
            "66b8001000000f22d8", // cr3 = 0x1000
            "66b9800000c00f320d00010f30", // EFER.LME = 1
            "0f0116987c", // lgdt
            "0f20c06683e0fb660d030000800f22c0", // cr0: no emulation of the FPU, protection, paging
            "ea637c0800", // far jump to the 64-bit segment
            "b8010000000fa2", // cpuid leaf 1
            "b815000000", // eax = 21
            "f20f2ac0f20f58c0f20f2cc0", // xmm0 = eax; xmm0 += xmm0; eax = xmm0
            "66baf400ee", // out 0xf4, al
            "f4ebfd", // halt
            "0f1f440000", // padding to a multiple of 8
            "0000000000000000", // GDT: null
            "00000000009a2000", // GDT: 64-bit code
            "0f00887c0000"); // GDTR: limit 15, base 0x7c88

    private BootSector() {}

    static byte[] image() {
        byte[] code = HexFormat.of().parseHex(CODE);
        byte[] sector = new byte[SIZE];
        System.arraycopy(code, 0, sector, 0, code.length);
        sector[SIZE - 2] = 0x55;
        sector[SIZE - 1] = (byte) 0xaa;
        return sector;
    }
}
